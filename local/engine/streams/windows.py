"""Tumbling windows: which one a record belongs to, and what the function is told of it.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from local.engine.streams.records import Entry

STATE_LIMIT = 1024 * 1024
# AWS waits up to two minutes for late records before it closes a silent window; here a record's time is set
# as it is stored, so a moment is enough.
GRACE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Window:
    """An open window of a shard: its bounds, its state, and the ends and number of what went into it."""

    start: int
    seconds: int
    state: Mapping[str, Any] = field(default_factory=dict)
    ends: tuple[Entry, ...] = ()
    count: int = 0
    too_big: bool = False

    @classmethod
    def of(cls, entry: Entry, seconds: int) -> Window:
        """Return the window of a record, by the time when it was put into the stream."""
        return cls(start_of(entry, seconds), seconds)

    @property
    def silent_at(self) -> float:
        """When the window is over although no later record has closed it."""
        return self.start + self.seconds + GRACE_SECONDS

    def with_batch(self, done: Sequence[Entry], state: Mapping[str, Any] | None) -> Window:
        """Return the window after an invocation; a state over 1 MB ends it early."""
        state = self.state if state is None else state
        ends = (self.ends[:1] or tuple(done[:1])) + (tuple(done[-1:]) or self.ends[-1:])
        too_big = len(json.dumps(state)) > STATE_LIMIT
        return replace(self, state=state, ends=ends, count=self.count + len(done), too_big=too_big)

    def event(self, shard_id: str, source_arn: str, *, final: bool) -> dict[str, Any]:
        """Return what the function's event holds beside `Records`."""
        return {
            "window": {"start": _time(self.start), "end": _time(self.start + self.seconds)},
            "state": self.state,
            "shardId": shard_id,
            "eventSourceARN": source_arn,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": final and self.too_big,
        }


def start_of(entry: Entry, seconds: int) -> int:
    """Return the second at which the record's window opened."""
    return int(entry.arrived) // seconds * seconds


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
