"""The time as every service tells it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the time in UTC, in ISO 8601 with milliseconds, as Step Functions writes it too."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
