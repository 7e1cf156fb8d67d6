"""The time as every service tells it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the time in UTC, in ISO 8601 with milliseconds, as Step Functions writes it too."""
    return as_text(datetime.now(UTC))


def as_text(moment: datetime) -> str:
    """Return a moment in UTC as `now` tells it: as texts, such moments sort by time."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
