"""Times as search counts them: epoch milliseconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> int:
    """Return the time."""
    return time.time_ns() // 1_000_000


def milliseconds(moment: str) -> int:
    """Return a time in ISO 8601, with its zone or in UTC, as epoch milliseconds.

    Raises
    ------
    ValueError
        When it is not one.
    """
    parsed = datetime.fromisoformat(moment)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return round(parsed.timestamp() * 1000)
