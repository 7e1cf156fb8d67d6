"""What the response of a function means for its batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local.engine.streams.records import Entry


class Verdict(Enum):
    """How an invocation ended."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILURE = "failure"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An invocation that did not succeed, as a destination tells of it; `error` None: it reported items."""

    request_id: str
    version: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict; of a partial one, the index of the first failed record; of a window, its state."""

    verdict: Verdict
    first_failed: int = 0
    attempt: Attempt | None = None
    state: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from Lambda: `throttled` when the batch did not reach the function."""

    body: Any
    request_id: str
    version: str
    error: str | None = None
    throttled: bool = False


def judge(
    answer: Answer, entries: Sequence[Entry], *, report: bool, windowed: bool = False, final: bool = False
) -> Outcome:
    """Judge an answer.

    Parameters
    ----------
    entries
        The batch that was sent.
    report
        Whether the mapping takes partial batch responses.
    windowed, final
        Whether it belongs to a tumbling window: then the response must hold `state`, except the last one.
    """
    attempt = Attempt(answer.request_id, answer.version, answer.error)
    if answer.throttled:
        return Outcome(Verdict.NOT_RUN)
    if answer.error:
        return Outcome(Verdict.FAILURE, attempt=attempt)
    state = answer.body.get("state") if isinstance(answer.body, Mapping) else None
    if windowed and not final and not isinstance(state, Mapping):
        return Outcome(Verdict.FAILURE, attempt=Attempt(answer.request_id, answer.version, "Unhandled"))
    try:
        asked = report and not final
        index = _first_failed(answer.body, [entry.sequence for entry in entries]) if asked else None
    except ValueError:
        return Outcome(Verdict.FAILURE, attempt=attempt)
    if index is None:
        return Outcome(Verdict.SUCCESS, state=state)
    return Outcome(Verdict.PARTIAL, first_failed=index, attempt=attempt, state=state)


def _first_failed(body: Any, sequences: list[str]) -> int | None:
    """Return the lowest index that the response names, or None for a complete success.

    Raises
    ------
    ValueError
        When the response is not what AWS documents, or names a record that is not of this batch.
    """
    if body is None:
        return None
    if not isinstance(body, Mapping):
        raise ValueError("not an object")  # noqa: TRY004 - one error for every shape that is wrong
    failures = body.get("batchItemFailures")
    if failures is None or failures == []:
        return None
    if not isinstance(failures, list) or not all(isinstance(each, Mapping) for each in failures):
        raise ValueError("not a list of failures")
    return min(sequences.index(each.get("itemIdentifier")) for each in failures)
