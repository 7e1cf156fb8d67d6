"""When what waits is pushed: at once, after a pause, or when quiet hours end.

Nobody waits for it: a message in a queue comes when its delay is over, and a schedule of EventBridge sends
one when it is due. A message only says that a member is to be looked at, so that one too many changes
nothing.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from mobile.notifications import quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from mobile.notifications.reach import Reach

LONGEST_DELAY = 900
"""Seconds for which SQS holds a message back at most."""


class Look(msgspec.Struct, frozen=True):
    """A member to look at."""

    member_id: str


class Queue(Protocol):
    """The queue of members to look at."""

    def send(self, message: msgspec.Struct, delay: int) -> None:
        """Send a message that comes after `delay` seconds."""


class Schedules(Protocol):
    """What sends a message to that queue at a time."""

    def at(self, moment: datetime, name: str, message: msgspec.Struct) -> None:
        """Have a message sent at a moment, once for each name."""


class Looks:
    """Sees to it that members are looked at.

    Parameters
    ----------
    queue
        What says to whom to look.
    pause
        Seconds between two pushes to a member, LONGEST_DELAY at most: what happens meanwhile goes into one.
    clock
        Returns the time in seconds since 1970.
    """

    def __init__(self, queue: Queue, pause: int, clock: Callable[[], float]) -> None:
        self._queue = queue
        self._pause = pause
        self._clock = clock

    def after_pause(self, member_id: str, found: Reach) -> None:
        """Have a member looked at when the pause after the last push is over, which it may be."""
        self._send(member_id, self._pause_ends(found))

    def _pause_ends(self, found: Reach) -> float:
        return max(self._clock(), found.waiting.pushed_at / 1000 + self._pause)

    def _send(self, member_id: str, moment: float) -> None:
        self._queue.send(Look(member_id), max(0, math.ceil(moment - self._clock())))


class Planner(Looks):
    """Plans when what waits is pushed.

    Parameters
    ----------
    schedules
        What sends a message at a time beyond what the queue holds one back.
    queue, pause, clock
        As for `Looks`.
    """

    def __init__(self, schedules: Schedules, queue: Queue, pause: int, clock: Callable[[], float]) -> None:
        super().__init__(queue, pause, clock)
        self._schedules = schedules

    def due(self, found: Reach) -> float:
        """Return the earliest moment at which a member may be pushed to, in seconds since 1970."""
        return self.heard(found, self._pause_ends(found))

    def heard(self, found: Reach, moment: float) -> float:
        """Return a moment, or when the quiet hours end that it is in; in seconds since 1970."""
        end = quiet.end_of(found.preferences.quiet_hours, datetime.fromtimestamp(moment, UTC))
        return end.timestamp() if end else moment

    def look(self, member_id: str, moment: float) -> None:
        """Have a member looked at when a moment, in seconds since 1970, has come."""
        if moment - self._clock() <= LONGEST_DELAY:
            self._send(member_id, moment)
        else:
            at = math.ceil(moment)
            self._schedules.at(datetime.fromtimestamp(at, UTC), f"{member_id}-{at}", Look(member_id))
