"""Posts are counted exactly once: what a batch adds, and how far its shard is counted, is one transaction.

Lambda delivers a shard's records in order and at least once: a batch comes again after a failure, in part or
in halves, or a second time while the first one still runs. A producer that had no answer sends a post again,
as another record. So three things are written together, or none of them:

- the counts that a step of the batch adds, in items of its own (`stream.trends`);
- the shard's checkpoint, on the condition that it is where this step begins;
- the fingerprints of the step's posts, on the condition that the logs are as they were read (`stream.seen`).

When a condition fails, somebody else was here: what they wrote is read, and the rest of the step goes on from
there. Nothing depends on who was first. A transaction has 100 items and 4 MB: a batch that touches more is
counted in several steps, each with the checkpoint at its own end.

Records that cannot be counted go to the failures first, and then the checkpoint passes them: there they are
at least once.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from hashlib import md5
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shared.faults import Transient
from shared.items import Update
from stream import failures, hashtags
from stream.posts import Bounds, Post, Reading, Record, Rejected, Span, read
from stream.seen import Seen, by_slot, fingerprints
from stream.trends import BUCKETS, bucket_of, counts_key
from stream.windows import start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shared.items import Refused
    from shared.tables import Table
    from stream.failures import Failures
    from stream.windows import Windows

_DAY = 86400
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_CHECKPOINT_DAYS = 14
_RACES = 10  # in a row, until it is better to come back later

# A transaction has 100 items and 4 MB, an item 400 KB: keys and names are left room for.
_ITEMS = 100
_BYTES = 3_800_000
_ITEM_BYTES = 380_000


class Overtaken(Transient):
    """Others wrote in between, again and again."""


class Taken(NamedTuple):
    """What became of a batch.

    `pending` is the sequence number of the first record that is not done, or None when all are; `fault` is
    what kept it from being done.
    """

    counted: int
    duplicates: int
    rejected: Counter[str]
    pending: str | None
    fault: Transient | None


class Position(NamedTuple):
    """Up to where a shard is counted: with this record, or with so many of its parts."""

    sequence: int
    parts: int | None

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read a position as the checkpoint has it."""
        sequence, _, parts = text.partition(".")
        return cls(int(sequence), int(parts) if parts else None)


class Step(NamedTuple):
    """A span of records as one transaction, and what to remember when it was made."""

    updates: list[Update]
    added: list[tuple[str, int, list[bytes]]]
    counted: int
    duplicates: int
    rejected: list[Rejected]


class Shard:
    """How far one shard is counted, as far as this environment knows."""

    def __init__(self, table: Table, name: str) -> None:
        self._table = table
        self.name = name
        self.checkpoint: str | None = None
        self._key = {"pk": f"shard#{name}", "sk": "checkpoint"}
        self.found(table.get(self._key, consistent=True))

    def found(self, item: dict[str, str] | None) -> None:
        """Take over what the table has."""
        self.checkpoint = item["position"] if item else None

    def moved(self, position: str, expires_at: int) -> Update:
        """Return the change that moves the checkpoint, from where it is known to be."""
        condition, values = "attribute_not_exists(pk)", {}
        if self.checkpoint is not None:
            condition, values = "#position = :known", {":known": self.checkpoint}
        return Update(
            key=dict(self._key),
            condition=condition,
            change="SET #position = :position, #expires_at = :expires_at",
            values={":position": position, ":expires_at": expires_at, **values},
            names={"#position": "position", "#expires_at": "expires_at"},
        )

    def rest(self, span: Span) -> Span | None:
        """Return what of a span is not counted yet."""
        if self.checkpoint is None:
            return span
        position = Position.parse(self.checkpoint)
        for place, record in enumerate(span.records):
            number = int(record["kinesis"]["sequenceNumber"])
            if number > position.sequence:
                return Span(span.records[place:], span.skip if place == 0 else 0, span.stop)
            if number == position.sequence and position.parts is not None:
                last = place == len(span.records) - 1
                if last and span.stop is not None and span.stop <= position.parts:
                    return None
                skip = max(position.parts, span.skip if place == 0 else 0)
                return Span(span.records[place:], skip, span.stop)
        return None


class Aggregator:
    """Counts posts.

    Parameters
    ----------
    table
        TrendsTable, or a fake with its `get`, `query` and `update_all`.
    failures
        Where records go that cannot be counted.
    windows
        What posts are counted in.
    bounds
        How far a post's own time may be from its arrival. Duplicates are known for as long as `late`.
    keep
        For how many seconds counts are kept after their window.
    """

    def __init__(self, table: Table, failures: Failures, windows: Windows, bounds: Bounds, keep: int) -> None:
        self._table = table
        self._failures = failures
        self._windows = windows
        self._bounds = bounds
        self._keep = keep
        self._seen = Seen(table)
        self._shards: dict[str, Shard] = {}

    def take(self, records: list[Record], may_go_on: Callable[[], bool] = lambda: True) -> Taken:
        """Count a batch of one shard's records, in their order.

        Parameters
        ----------
        records
            As Lambda delivers them.
        may_go_on
            Asked before each step but the first: False leaves the rest pending.
        """
        counted = duplicates = races = 0
        rejected: Counter[str] = Counter()
        todo = [Span(records)]
        try:
            shard = self._shard(records[0])
            while todo:
                span = shard.rest(todo[-1])
                if span is None:
                    todo.pop()
                    continue
                todo[-1] = span
                if counted + duplicates + rejected.total() + races and not may_go_on():
                    return Taken(counted, duplicates, rejected, _first(span), None)
                reading = read(span, self._bounds)
                step = self._step(shard, span, reading)
                if step is None:
                    todo[-1:] = reversed(_halves(span, reading.parts))
                elif self._make(shard, step):
                    todo.pop()
                    races = 0
                    counted += step.counted
                    duplicates += step.duplicates
                    rejected.update(each.reason for each in step.rejected)
                elif (races := races + 1) == _RACES:
                    raise Overtaken(f"{races} times in a row")
        except Transient as fault:
            return Taken(counted, duplicates, rejected, _first(todo[-1]), fault)
        self._seen.forget()
        return Taken(counted, duplicates, rejected, None, None)

    def _shard(self, record: Record) -> Shard:
        stream = record["eventSourceARN"].rpartition("/")[2]
        name = f"{stream}#{record['eventID'].partition(':')[0]}"
        if name not in self._shards:
            self._shards[name] = Shard(self._table, name)
        return self._shards[name]

    def _step(self, shard: Shard, span: Span, reading: Reading) -> Step | None:
        """Return the transaction that counts a span, or None when it would be too large."""
        now = int(time.time())
        position = _first(Span(span.records[-1:])) + ("" if span.stop is None else f".{span.stop}")
        by_window = self._by_window(reading)
        marked = {window: fingerprints(post.post_id for post in posts) for window, posts in by_window.items()}
        slotted = {window: by_slot(marks) for window, marks in marked.items()}
        alone = len(span.records) == 1 and (span.stop or reading.parts) - span.skip <= 1
        if not alone and 1 + sum(len(each) + BUCKETS for each in slotted.values()) > _ITEMS:
            return None
        updates = [shard.moved(position, now + _CHECKPOINT_DAYS * _DAY)]
        added: list[tuple[str, int, list[bytes]]] = []
        counted = total = 0
        name = md5(f"{shard.name}#{position}".encode(), usedforsecurity=False).hexdigest()[:16]
        for window, posts in by_window.items():
            slots = slotted[window]
            marks, texts = self._fresh(window, marked[window], posts, slots)
            counted += len(marks)
            total += len(posts)
            if len(marks) < len(posts):
                slots = by_slot(marks)
            until = max(start(window), now)
            for slot, some in slots.items():
                updates.append(self._seen.entry(window, slot, some, until + self._remembered()))
                added.append((window, slot, some))
            updates += _counts(hashtags.count(texts), window, name, until + self._keep)
        sizes = [_size(update) for update in updates]
        if not alone and (sum(sizes) > _BYTES or max(sizes) > _ITEM_BYTES):
            return None
        return Step(updates, added, counted, total - counted, reading.rejected)

    def _by_window(self, reading: Reading) -> dict[str, list[Post]]:
        """Return the posts that may have hashtags, by window: others add nothing, however often they come."""
        groups: defaultdict[int, list[Post]] = defaultdict(list)
        seconds = self._windows.seconds
        for post in reading.posts:
            if "#" in post.text or hashtags.has_sign(post.text):
                made = post.created_at - _1970  # a third of what timestamp() takes
                groups[(made.days * _DAY + made.seconds) // seconds].append(post)
        return {self._windows.holding(number * seconds): posts for number, posts in groups.items()}

    def _fresh(
        self, window: str, marks: list[bytes], posts: list[Post], slots: Iterable[int]
    ) -> tuple[list[bytes], list[str]]:
        """Return the fingerprints and texts of the posts that are not counted yet, each post once."""
        known = self._seen.of(window, slots)
        distinct = set(marks)
        if len(distinct) == len(marks) and known.isdisjoint(distinct):
            return marks, [post.text for post in posts]
        fresh: dict[bytes, str] = {}
        for mark, post in zip(marks, posts, strict=True):
            if mark not in known and mark not in fresh:
                fresh[mark] = post.text
        return list(fresh), list(fresh.values())

    def _remembered(self) -> int:
        """Return for how many seconds from now on a duplicate of a post can come and be counted.

        It can arrive until the post is too late, and then wait in the stream for a day.
        """
        return int(self._bounds.late + self._bounds.early) + self._windows.seconds + 2 * _DAY

    def _make(self, shard: Shard, step: Step) -> bool:
        """Make a step, or read what the one who was faster wrote."""
        if step.rejected:
            self._failures.put(*failures.document(step.rejected))
        refused = self._table.update_all((self._table, update) for update in step.updates)
        if refused is not None:
            self._read_on(shard, step, refused)
            return False
        shard.checkpoint = step.updates[0].values[":position"]
        for window, slot, marks in step.added:
            self._seen.added(window, slot, marks)
        return True

    def _read_on(self, shard: Shard, step: Step, refused: Refused) -> None:
        if refused.failed[0]:
            shard.found(refused.items[0])
        lost = {
            update.key["pk"] for update, failed in zip(step.updates, refused.failed, strict=True) if failed
        }
        for window, slot, _ in step.added:
            if self._seen.entry(window, slot, (), 0).key["pk"] in lost:
                self._seen.read_on(window, slot)


def _first(span: Span) -> str:
    """Return the sequence number of a span's first record."""
    number: str = span.records[0]["kinesis"]["sequenceNumber"]
    return number


def _halves(span: Span, parts: int) -> list[Span]:
    """Return two spans for one: of its records, or of the parts of the only one."""
    middle = len(span.records) // 2
    if middle:
        return [Span(span.records[:middle], span.skip), Span(span.records[middle:], 0, span.stop)]
    end = parts if span.stop is None else span.stop
    middle = (span.skip + end) // 2
    return [Span(span.records, span.skip, middle), Span(span.records, middle, span.stop)]


def _counts(counts: dict[str, int], window: str, name: str, expires_at: int) -> list[Update]:
    """Return the changes that add counts to a window, one for each bucket that they are in."""
    buckets: dict[int, dict[str, int]] = {}
    for hashtag, posts in counts.items():
        buckets.setdefault(bucket_of(hashtag), {})[hashtag] = posts
    return [
        Update(
            key={"pk": counts_key(bucket, window), "sk": f"{window}#{name}"},
            condition="attribute_not_exists(pk)",
            change="SET #counts = :counts, #expires_at = :expires_at",
            values={":counts": msgspec.json.encode(some).decode(), ":expires_at": expires_at},
            names={"#counts": "counts", "#expires_at": "expires_at"},
        )
        for bucket, some in buckets.items()
    ]


def _size(update: Update) -> int:
    """Return at least how many bytes an item has, in a fraction of the time that counting them takes."""
    payload = update.values.get(":posts") or update.values.get(":counts", "")
    return len(payload) * (1 if isinstance(payload, bytes) or payload.isascii() else 4)
