"""Failures that may pass: the same call can succeed when it is made again."""

from __future__ import annotations


class Transient(Exception):  # noqa: N818 - the name that retries of state machines ask for
    """Something did not answer, or not in time: whether it did what it was asked for is not known.

    Its name reaches Step Functions as the error's name, so a state machine can retry this and nothing else.
    """
