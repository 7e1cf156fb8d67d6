"""Records and answers, made short."""

from __future__ import annotations

from typing import Any

from local.engine.streams.answers import Answer
from local.engine.streams.records import Entry


def entry(position: int, key: str = "k", arrived: float = 0.0, size: int = 100) -> Entry:
    """Return a record whose sequence number is its position."""
    return Entry(position, str(position), key, arrived, {"n": position}, size)


def entries(count: int) -> tuple[Entry, ...]:
    """Return records 0, 1, 2 and so on, of one key."""
    return tuple(entry(position) for position in range(count))


def answered(body: Any = None) -> Answer:
    """Return what a function that did not fail answered."""
    return Answer(body, "request-1", "$LATEST")


FAILED = Answer({"errorMessage": "no"}, "request-1", "$LATEST", error="Unhandled")
THROTTLED = Answer(None, "", "", throttled=True)
