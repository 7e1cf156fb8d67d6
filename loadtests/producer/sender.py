"""Gets records into a stream: batches, again what was refused, each shard at its own pace, an exact tally.

A record that was refused goes before whatever follows it to its shard. So a key's records stay in order, but
where one is refused in the very call that takes the next: in strict order no call holds two that share a key.
What Kinesis took without our hearing so goes again: at least once.

Limits, in November 2026 (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html): 500
records and 10 MiB a call, 1 MiB a record unless the stream is set to more, 10 MiB at most. Calls here keep to
the 5 MiB that were the limit until 2025: a smaller call is cheaper to repeat.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from loadtests.producer.aggregates import Aggregate
from loadtests.producer.records import Kind, Record
from loadtests.producer.shards import ShardMap, hash_key

CALL_RECORDS = 500
CALL_BYTES = 5 * 1024 * 1024
RECORD_BYTES = 1024 * 1024
AGGREGATE_BYTES = 50 * 1024
"""The Kinesis Producer Library's own default."""
LINGER_SECONDS = 0.1
"""How long an aggregate waits for more, as the Kinesis Producer Library's RecordMaxBufferedTime."""
PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
PASSING = {
    "InternalFailure",
    "InternalFailureException",
    "KMSThrottlingException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ServiceUnavailable",
    "ThrottlingException",
}
"""Errors of a whole call that another try may get past."""


@dataclass(frozen=True)
class Settings:
    """How records are made and sent.

    Attributes
    ----------
    aggregate_bytes
        How long an aggregate gets; 0 sends each user record by itself.
    record_bytes
        How long a record may be, its partition key included.
    attempts
        How often a record is sent before it counts as failed.
    strict_order
        Whether a call holds at most one record of a key: keys that come often then make for many calls.
    """

    aggregate_bytes: int = AGGREGATE_BYTES
    record_bytes: int = RECORD_BYTES
    attempts: int = 30
    strict_order: bool = False


@dataclass
class Tally:
    """What became of all records; user records unless it says otherwise.

    Attributes
    ----------
    posts, duplicates, poison
        What was read, by its kind.
    delivered
        What the stream has, at least once.
    failed
        What was refused at every try.
    too_long
        What no record of the stream can hold, so that it was not sent.
    left
        What was read and not sent any more when the producer was stopped.
    misplaced
        What a stale aggregate brought to another key's shard; it was sent again, and counts once above.
    calls
        Calls of PutRecords.
    records
        Records of Kinesis that were taken.
    aggregated
        Those of them that hold several user records.
    retried
        Records of Kinesis that were sent again after a refusal.
    bytes
        Data and partition keys of the records that were taken.
    """

    posts: int = 0
    duplicates: int = 0
    poison: int = 0
    delivered: int = 0
    failed: int = 0
    too_long: int = 0
    left: int = 0
    misplaced: int = 0
    calls: int = 0
    records: int = 0
    aggregated: int = 0
    retried: int = 0
    bytes: int = 0

    @property
    def read(self) -> int:
        """How many there were in all."""
        return self.posts + self.duplicates + self.poison

    @property
    def adds_up(self) -> bool:
        """Whether each that was read is accounted for, once."""
        return self.read == self.delivered + self.failed + self.too_long + self.left

    def as_dict(self) -> dict[str, int]:
        """Return every count by its name."""
        return {"read": self.read, **asdict(self)}


@dataclass
class _User:
    """A user record under way."""

    data: bytes
    key: str
    hash_key: int
    since: float
    attempts: int = 0
    taken: bool = False


@dataclass
class _Entry:
    """A record of Kinesis: one user record as it is, or several in an aggregate."""

    users: list[_User]
    data: bytes

    def request(self) -> dict[str, Any]:
        """Return it as PutRecords takes it."""
        if len(self.users) == 1:
            return {"Data": self.data, "PartitionKey": self.users[0].key}
        # As the Kinesis Producer Library: the hash key says where it goes, the partition key nothing.
        return {"Data": self.data, "PartitionKey": "a", "ExplicitHashKey": str(self.users[0].hash_key)}

    @property
    def size(self) -> int:
        """How much of a call's and a shard's bytes it takes."""
        key = self.users[0].key.encode() if len(self.users) == 1 else b"a"
        return len(self.data) + len(key)


@dataclass
class _Lane:
    """What waits for one shard, in order."""

    entries: deque[_Entry] = field(default_factory=deque)
    open: Aggregate | None = None
    inside: list[_User] = field(default_factory=list)
    refusals: int = 0
    rests_until: float = 0.0

    def close(self) -> None:
        """Make an entry of what was aggregated so far."""
        if self.open is not None:
            data = bytes(self.open) if len(self.inside) > 1 else self.inside[0].data
            self.entries.append(_Entry(self.inside, data))
            self.open, self.inside = None, []


class Sender:
    """Sends user records to one stream.

    Parameters
    ----------
    kinesis
        A client of boto3 that does not retry by itself.
    stream
        The stream's name.
    settings
        How records are made and how often they are sent.
    chance
        Where the jitter of pauses comes from.
    clock
        Tells `monotonic` seconds and can `sleep`, as the module time does.
    """

    def __init__(
        self,
        kinesis: Any,
        stream: str,
        settings: Settings | None = None,
        chance: Random | None = None,
        clock: Any = time,
    ) -> None:
        self.tally = Tally()
        self.stopped = False
        self._kinesis = kinesis
        self._stream = stream
        self._shards = ShardMap(kinesis, stream)
        self._lanes: dict[str, _Lane] = {}
        self._settings = settings or Settings()
        self._chance = chance or Random()  # noqa: S311 - it spreads pauses
        self._clock = clock
        self._waiting = 0
        self._waiting_bytes = 0

    def send(self, records: Iterable[Record], rate: float = 0.0) -> Iterator[Tally]:
        """Send records, and yield the tally after each call; the last one is final.

        Set `stopped` to end early: nothing more is read or sent.

        Parameters
        ----------
        records
            What to send.
        rate
            User records a second at most; 0 for as fast as it goes.

        Raises
        ------
        ClientError
            When the stream refuses a call for good: it is not there, or must not be written to.
        """
        source, began, given = iter(records), self._clock.monotonic(), 0
        more = True
        try:
            while (more or self._waiting) and not self.stopped:
                while more and self._waiting_bytes < CALL_BYTES and not self.stopped:
                    if rate and began + given / rate > self._clock.monotonic():
                        break
                    record = next(source, None)
                    more = record is not None
                    if record is not None:
                        given += 1
                        self._take(record)
                call = self._next_call(flush=not more)
                if call:
                    self._put(call)
                    yield self.tally
                elif more or self._waiting:
                    self._wait(began + given / rate if rate and more else None)
        finally:
            self.tally.left = self._waiting
        yield self.tally

    def _take(self, record: Record) -> None:
        match record.kind:
            case Kind.POST:
                self.tally.posts += 1
            case Kind.DUPLICATE:
                self.tally.duplicates += 1
            case Kind.POISON:
                self.tally.poison += 1
        if len(record.data) + len(record.key.encode()) > self._settings.record_bytes:
            self.tally.too_long += 1
            return
        self._waiting += 1
        self._waiting_bytes += len(record.data)
        self._enqueue(_User(record.data, record.key, hash_key(record.key), self._clock.monotonic()))

    def _enqueue(self, user: _User) -> None:
        """Put a user record at the end of its shard's lane."""
        lane = self._lanes.setdefault(self._shards.of(user.hash_key), _Lane())
        while True:
            if lane.open is None:
                lane.open = Aggregate(min(self._settings.aggregate_bytes, self._settings.record_bytes - 1))
                fits = lane.open.add(user.key, user.data)
                lane.inside.append(user)
                if not fits:  # too long for company: it goes by itself
                    lane.close()
                return
            if lane.open.add(user.key, user.data):
                lane.inside.append(user)
                return
            lane.close()

    def _next_call(self, *, flush: bool) -> list[tuple[str, _Entry]]:
        """Take what the next call is to hold from the lanes whose shards do not rest, each with its shard."""
        now = self._clock.monotonic()
        call: list[tuple[str, _Entry]] = []
        size = 0
        turn = self.tally.calls % max(1, len(self._lanes))
        lanes = list(self._lanes.items())
        for shard_id, lane in lanes[turn:] + lanes[:turn]:
            if lane.inside and (flush or now - lane.inside[0].since >= LINGER_SECONDS):
                lane.close()
            keys: set[str] = set()
            while lane.entries and lane.rests_until <= now and len(call) < CALL_RECORDS:
                entry = lane.entries[0]
                if self._settings.strict_order:
                    own = {user.key for user in entry.users}
                    if own & keys:
                        break
                    keys |= own
                if size + entry.size > CALL_BYTES:
                    break
                size += entry.size
                call.append((shard_id, lane.entries.popleft()))
        return call

    def _put(self, call: list[tuple[str, _Entry]]) -> None:
        """Make a call, count what was taken, and put the rest back to where it came from."""
        answers = self._ask([entry for _, entry in call])
        taken = [
            (shard_id, entry, answer["ShardId"])
            for (shard_id, entry), answer in zip(call, answers, strict=True)
            if not answer.get("ErrorCode")
        ]
        stale = any(went != meant for meant, _, went in taken)
        if stale:
            self._shards.refresh()
        again: dict[str, list[_Entry]] = {shard_id: [] for shard_id, _ in call}
        for meant, entry, went in taken:
            again[meant] += self._count_taken(entry, went)
        for (shard_id, entry), answer in zip(call, answers, strict=True):
            if answer.get("ErrorCode") and not self._give_up(entry):
                again[shard_id].append(entry)
        for shard_id, entries in again.items():
            lane = self._lanes[shard_id]
            lane.entries.extendleft(reversed(entries))
            lane.refusals = lane.refusals + 1 if entries else 0
            longest = min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2**lane.refusals) if entries else 0.0
            lane.rests_until = self._clock.monotonic() + self._chance.uniform(0, longest)
        if stale:
            self._sort_again()

    def _ask(self, entries: list[_Entry]) -> list[dict[str, Any]]:
        """Call PutRecords; return its answer for each record, an error for each where the call failed."""
        self.tally.calls += 1
        for entry in entries:
            self.tally.retried += any(user.attempts for user in entry.users)
            for user in entry.users:
                user.attempts += 1
        try:
            answer = self._kinesis.put_records(
                StreamName=self._stream, Records=[entry.request() for entry in entries]
            )
        except (ConnectionError, HTTPClientError) as error:
            return [{"ErrorCode": type(error).__name__}] * len(entries)
        except ClientError as error:
            if error.response["Error"]["Code"] not in PASSING:
                raise
            return [{"ErrorCode": error.response["Error"]["Code"]}] * len(entries)
        answers: list[dict[str, Any]] = answer["Records"]
        return answers

    def _count_taken(self, entry: _Entry, shard_id: str) -> list[_Entry]:
        """Count a record that a shard took; return what of it belongs to another one."""
        self.tally.records += 1
        self.tally.aggregated += len(entry.users) > 1
        self.tally.bytes += entry.size
        elsewhere = []
        for user in entry.users:
            user.taken = True
            if len(entry.users) > 1 and not self._shards.holds(shard_id, user.hash_key):
                self.tally.misplaced += 1
                elsewhere.append(_Entry([user], user.data))
            else:
                self._done(user)
        return elsewhere

    def _give_up(self, entry: _Entry) -> bool:
        """Count a record that was refused as failed if it was so often enough; tell whether it was."""
        if any(user.attempts < self._settings.attempts for user in entry.users):
            return False
        for user in entry.users:
            self._done(user)
        return True

    def _done(self, user: _User) -> None:
        self._waiting -= 1
        self._waiting_bytes -= len(user.data)
        self.tally.delivered += user.taken
        self.tally.failed += not user.taken

    def _sort_again(self) -> None:
        """Give every user record that waits to the lane of the shard that it belongs to now."""
        lanes = self._lanes.values()
        self._lanes = {}
        for lane in lanes:
            for user in [user for entry in lane.entries for user in entry.users] + lane.inside:
                self._enqueue(user)

    def _wait(self, due: float | None) -> None:
        """Wait until a shard has rested, an aggregate has waited or a record is due."""
        moments = [] if due is None else [due]
        for lane in self._lanes.values():
            if lane.entries:
                moments.append(lane.rests_until)
            if lane.inside:
                moments.append(lane.inside[0].since + LINGER_SECONDS)
        # In short steps, so that a request to stop is heard soon.
        self._clock.sleep(min(LINGER_SECONDS, max(0.001, min(moments) - self._clock.monotonic())))
