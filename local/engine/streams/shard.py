"""One shard's work: what was read is cut into batches, in order, and stays until it is done or given up.

It holds no clock, thread or engine: time and outcomes are given, work is returned. A shard has `factor`
lanes; records of one key go to one lane, and a lane has one invocation at a time, which is what keeps order.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html (batching) and
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html (ParallelizationFactor).
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local.engine.streams.answers import Outcome, Verdict
from local.engine.streams.decisions import RETRIES_EXHAUSTED, Batch, Discard, decide, expire
from local.engine.streams.records import Entry
from local.engine.streams.settings import Settings
from local.engine.streams.windows import Window, start_of

# "6 MB each for request and response (synchronous)", less the envelope.
PAYLOAD_LIMIT = 6 * 1024 * 1024 - 4096
# GetRecords returns up to 10,000 records; no more are held for a shard.
READ_AHEAD = 10_000
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Work:
    """Something to do for one lane: invoke with a batch, or deliver what was given up."""

    lane: Lane
    item: Batch | Discard
    window: Window | None


@dataclass(eq=False)
class Lane:
    """What one lane has: records not yet cut, batches to send in order, and when it may go on."""

    waiting: deque[Entry] = field(default_factory=deque)
    since: float = 0.0
    queue: deque[Batch | Discard] = field(default_factory=deque)
    busy: bool = False
    pauses: int = 0
    ready_at: float = 0.0
    window: Window | None = None


class Shard:
    """The state of one shard for one mapping.

    Parameters
    ----------
    position
        Read on after this one.
    """

    def __init__(self, position: int) -> None:
        self.read_to = position
        self._checkpoint = position
        self._order: deque[int] = deque()
        self._undone: set[int] = set()
        self._lanes = [Lane()]

    @property
    def checkpoint(self) -> int:
        """The position up to which everything is done, given up or not wanted."""
        return self._checkpoint

    @property
    def room(self) -> int:
        """How many more records may be read now."""
        return max(0, READ_AHEAD - len(self._order))

    @property
    def busy(self) -> bool:
        """Whether anything is being invoked or delivered."""
        return any(lane.busy for lane in self._lanes)

    @property
    def drained(self) -> bool:
        """Whether nothing that was read is left to do."""
        return not self._order and not any(lane.busy or lane.queue or lane.window for lane in self._lanes)

    def offer(self, entries: Sequence[Entry], want: Callable[[Entry], bool], now: float) -> None:
        """Take what was read next; records that are not wanted only move the position."""
        for entry in entries:
            self.read_to = entry.position
            self._order.append(entry.position)
            if want(entry):
                self._undone.add(entry.position)
                self._deal(entry, now)
        self._advance()

    def take(self, settings: Settings, now: float, *, at_tip: bool, ended: bool) -> list[Work]:
        """Return the work that can begin now; each item is later given back to `finish` or `settle`.

        Parameters
        ----------
        at_tip
            Whether all there is has been read, so that a window's end is known by the clock.
        ended
            Whether the shard is closed and read to its end, so that no batch waits for more.
        """
        if len(self._lanes) != settings.factor:
            if self.busy:
                return []
            self._redeal(settings.factor, now)
        work = []
        for lane in self._lanes:
            if lane.busy or now < lane.ready_at:
                continue
            if not lane.queue:
                self._fill(lane, settings, now, at_tip=at_tip, ended=ended)
            if lane.queue:
                head = lane.queue.popleft()
                parts = expire(head, settings, now) if isinstance(head, Batch) and not head.final else (head,)
                lane.queue.extendleft(reversed(parts))
                lane.busy = True
                work.append(Work(lane, lane.queue[0], lane.window))
        return work

    def finish(self, work: Work, outcome: Outcome, settings: Settings, now: float, jitter: float) -> None:
        """Record how an invocation ended; `jitter` is from 0 to 1."""
        lane, batch = work.lane, lane_head(work)
        decision = decide(batch, outcome, settings)
        lane.busy = False
        self._undone.difference_update(entry.position for entry in decision.done)
        if batch.final:
            self._finish_window(lane, decision.then)
        else:
            lane.queue.extendleft(reversed(decision.then))
            if lane.window and outcome.verdict in (Verdict.SUCCESS, Verdict.PARTIAL):
                lane.window = lane.window.with_batch(decision.done, outcome.state)
        self._pace(lane, now, jitter, pause=decision.pause, progress=bool(decision.done))
        self._advance()

    def settle(self, work: Work) -> None:
        """Record that what was given up has been delivered."""
        work.lane.busy = False
        work.lane.queue.popleft()
        self._undone.difference_update(entry.position for entry in work.item.entries)
        self._advance()

    def due(self, settings: Settings) -> float | None:
        """Return when something may become possible that is not now, or None."""
        times = []
        for lane in self._lanes:
            if lane.busy:
                continue
            if lane.queue:
                times.append(lane.ready_at)
            elif lane.waiting:
                times.append(max(lane.ready_at, lane.since + settings.batch_window))
            if lane.window:
                times.append(max(lane.ready_at, lane.window.silent_at))
        return min(times, default=None)

    def _deal(self, entry: Entry, now: float) -> None:
        lane = self._lanes[zlib.crc32(entry.key.encode()) % len(self._lanes)]
        if not lane.waiting:
            lane.since = now
        lane.waiting.append(entry)

    def _redeal(self, factor: int, now: float) -> None:
        """Spread what is not done over another number of lanes, in the order in which it was read."""
        undone = {entry.position: entry for lane in self._lanes for entry in lane.waiting}
        kept = [lane.window for lane in self._lanes if lane.window]
        given_up = [item for lane in self._lanes for item in lane.queue if isinstance(item, Discard)]
        for lane in self._lanes:
            for item in lane.queue:
                if isinstance(item, Batch):
                    undone.update({entry.position: entry for entry in item.entries})
        self._lanes = [Lane() for _ in range(factor)]
        self._lanes[0].queue.extend(given_up)
        if kept:
            self._lanes[0].window = kept[0]
        for position in self._order:
            if position in undone:
                self._deal(undone[position], now)

    def _fill(self, lane: Lane, settings: Settings, now: float, *, at_tip: bool, ended: bool) -> None:
        """Queue the lane's next batch, or the last call of its window, when either is due."""
        if lane.window:
            silent = ended or (at_tip and now >= lane.window.silent_at)
            if _over(lane.window, lane.waiting, settings, silent=silent):
                lane.queue.append(Batch((), final=True))
                return
        if not lane.waiting:
            return
        length, full = _cut(lane.waiting, settings)
        if not (full or ended or now >= lane.since + settings.batch_window):
            return
        entries = tuple(lane.waiting.popleft() for _ in range(length))
        lane.since = now
        lane.queue.append(Batch(entries))
        if settings.window and not lane.window:
            lane.window = Window.of(entries[0], settings.window)

    @staticmethod
    def _finish_window(lane: Lane, then: tuple[Batch | Discard, ...]) -> None:
        """Close the window; one whose last call is given up is told of by its first and last record."""
        window = lane.window
        if then and isinstance(then[0], Batch):
            lane.queue.appendleft(then[0])
            return
        lane.window = None
        if then and window and window.ends:
            lost = then[0]
            lane.queue.appendleft(
                Discard(window.ends, window.count, RETRIES_EXHAUSTED, lost.invocations, lost.attempt)
            )

    @staticmethod
    def _pace(lane: Lane, now: float, jitter: float, *, pause: bool, progress: bool) -> None:
        """Wait before a retry: twice as long each time, up to a bound, and a random part of that."""
        if progress or not pause:
            lane.pauses = 0
        if pause:
            longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**lane.pauses)
            lane.ready_at = now + longest * (0.5 + jitter / 2)
            lane.pauses += 1

    def _advance(self) -> None:
        while self._order and self._order[0] not in self._undone:
            self._checkpoint = self._order.popleft()


def lane_head(work: Work) -> Batch:
    """Take the batch of an invocation off its lane's queue."""
    head = work.lane.queue.popleft()
    if not isinstance(head, Batch):
        raise TypeError("Only an invocation has an outcome.")
    return head


def _over(window: Window, waiting: Sequence[Entry], settings: Settings, *, silent: bool) -> bool:
    """Say whether a window has its last call now; `silent` when no more of its records can come."""
    if window.too_big or window.seconds != settings.window:
        return True
    if waiting:
        return start_of(waiting[0], window.seconds) != window.start
    return silent


def _cut(waiting: Sequence[Entry], settings: Settings) -> tuple[int, bool]:
    """Return how many waiting records make the next batch, and whether no more would fit into it."""
    size = 0
    for length, entry in enumerate(waiting):
        size += entry.size + 1
        over = length == settings.batch_size or (length and size > PAYLOAD_LIMIT)
        if over or (settings.window and _other_window(waiting[0], entry, settings.window)):
            return length, True
    return len(waiting), len(waiting) == settings.batch_size


def _other_window(first: Entry, entry: Entry, seconds: int) -> bool:
    return start_of(first, seconds) != start_of(entry, seconds)
