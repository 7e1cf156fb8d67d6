"""Secrets of Secrets Manager: read when they are first needed, and kept for a bounded time.

A value is never logged, and stands in no environment variable: those hold the secret's ARN.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from shared import aws
from shared.faults import Transient

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT_SECONDS = 300
"""How old a value may be. A call costs 0.000005 USD and some milliseconds."""

# What botocore's own retries did not get past.
_PASSING = frozenset(("InternalServiceError", "InternalServiceErrorException", "ThrottlingException"))


class Unavailable(Transient):
    """Secrets Manager did not answer, or was too busy."""


class Secret:
    """A secret's current value, as this environment knows it.

    Parameters
    ----------
    arn
        The secret's ARN.
    clock
        Tells seconds that only grow.
    """

    def __init__(self, arn: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._arn = arn
        self._clock = clock
        self._kept = ""
        self._until = 0.0

    def value(self) -> str:
        """Return the value as it was at most KEPT_SECONDS ago.

        Raises
        ------
        Unavailable
            When it has to be read and cannot be.
        """
        if not self._kept or self._clock() >= self._until:
            return self.read_again()
        return self._kept

    def read_again(self) -> str:
        """Return the value as it is now: what was kept has been refused, and may have been rotated.

        Raises
        ------
        Unavailable
            When it cannot be read.
        """
        self._kept = str(ask("get_secret_value", SecretId=self._arn)["SecretString"])
        self._until = self._clock() + KEPT_SECONDS
        return self._kept


def ask(operation: str, **parameters: Any) -> Any:
    """Call Secrets Manager.

    Raises
    ------
    Unavailable
        When it does not answer or is too busy; another refusal is botocore's ClientError.
    """
    try:
        return getattr(aws.client("secretsmanager"), operation)(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in _PASSING:
            raise Unavailable(f"{operation}: {error.response['Error']['Code']}") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(f"{operation}: {type(error).__name__}") from error
