"""Whatever PutRecords answers: every record arrives, its key's order holds, and the tally adds up."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.producer.records import Kind, Record
from loadtests.producer.sender import (
    AGGREGATE_BYTES,
    CALL_BYTES,
    CALL_RECORDS,
    LONGEST_PAUSE_SECONDS,
    Sender,
    Settings,
    Tally,
)
from loadtests.producer.shards import ShardMap, hash_key
from tests.unit.loadtests.fakes import Clock, Stream

PLAIN = Settings(aggregate_bytes=0)


def some(count: int, keys: int = 1_000_000, size: int = 300) -> list[Record]:
    """Return records that tell their number, on so many keys."""
    kinds = (Kind.POST, Kind.POST, Kind.DUPLICATE, Kind.POISON)
    return [Record(f"{n:09d}".encode().ljust(size, b"."), f"k{n % keys}", kinds[n % 4]) for n in range(count)]


def sent(stream: Stream, records: list[Record], how: Settings | None = None) -> Tally:
    """Send records with a clock that only waits, and return the last tally."""
    *_, last = Sender(stream, "posts", how, Random(1), Clock()).send(records)
    assert last.adds_up
    return last


def first_in_place(stream: Stream) -> dict[str, list[bytes]]:
    """Return by key the records in the order in which they first came to where they belong."""
    found: dict[str, dict[bytes, None]] = {}
    for user in stream.arrived:
        if user.in_place:
            found.setdefault(user.key, {}).setdefault(user.data)
    return {key: list(values) for key, values in found.items()}


def by_key(records: list[Record]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for record in records:
        found.setdefault(record.key, []).append(record.data)
    return found


def refusing(share: float, seed: int) -> Callable[[str], bool]:
    """Return a choice of which records are refused."""
    chance = Random(seed)
    return lambda _: chance.random() < share


REFUSING = st.builds(refusing, st.floats(0, 0.8), st.integers(0, 99))
WAYS = st.sampled_from(
    ["ok", "ok", "ok", "lost", "split", "merge", "ProvisionedThroughputExceededException", "InternalFailure"]
)


@settings(deadline=None)
@given(
    records=st.builds(some, st.integers(0, 400), st.integers(1, 400)),
    ways=st.lists(WAYS, max_size=12),
    shards=st.integers(1, 5),
    how=st.builds(
        Settings,
        aggregate_bytes=st.sampled_from([0, 600, 5_000, AGGREGATE_BYTES]),
        attempts=st.just(1_000),
        strict_order=st.booleans(),
    ),
    refuses=REFUSING,
)
def test_every_record_arrives_and_the_tally_adds_up(
    records: list[Record], ways: list[str], shards: int, how: Settings, refuses: Callable[[str], bool]
) -> None:
    fates = iter(ways)
    stream = Stream(shards, lambda: next(fates, "ok"), refuses)

    tally = sent(stream, records, how)

    arrived = first_in_place(stream)
    assert {key: set(data) for key, data in arrived.items()} == {
        key: set(data) for key, data in by_key(records).items()
    }
    if how.strict_order:
        assert arrived == by_key(records)
    assert (tally.delivered, tally.failed, tally.left) == (len(records), 0, 0)
    assert (tally.posts, tally.duplicates + tally.poison) == (
        sum(record.kind is Kind.POST for record in records),
        sum(record.kind is not Kind.POST for record in records),
    )


@given(
    count=st.integers(0, 600), keys=st.integers(1, 600), refused=st.floats(0, 0.9), seed=st.integers(0, 99)
)
@settings(deadline=None)
def test_where_no_answer_is_lost_and_no_shard_changes_each_arrives_once(
    count: int, keys: int, refused: float, seed: int
) -> None:
    records, chance = some(count, keys), Random(seed)
    stream = Stream(3, refuses=lambda _: chance.random() < refused)

    tally = sent(stream, records, Settings(attempts=1_000))

    assert Counter(user.data for user in stream.arrived) == Counter(record.data for record in records)
    assert all(user.in_place for user in stream.arrived)
    assert tally.records == len(stream.taken)
    assert tally.bytes == sum(len(record.data) + len(record.key) for record in stream.taken)
    assert tally.records + tally.retried == sum(map(len, stream.calls))
    assert tally.misplaced == 0


@given(
    count=st.integers(1, 200), attempts=st.integers(1, 5), refused=st.floats(0.3, 1), seed=st.integers(0, 99)
)
@settings(deadline=None)
def test_what_is_refused_at_every_try_is_told_as_failed(
    count: int, attempts: int, refused: float, seed: int
) -> None:
    records, chance = some(count), Random(seed)
    stream = Stream(2, refuses=lambda _: chance.random() < refused)

    tally = sent(stream, records, Settings(0, attempts=attempts))

    arrived = Counter(user.data for user in stream.arrived)
    assert tally.delivered == len(arrived) == count - tally.failed
    asked = Counter(record["Data"] for call in stream.calls for record in call)
    assert max(asked.values()) <= attempts
    assert all(asked[record.data] == attempts for record in records if record.data not in arrived)


def test_only_what_was_refused_goes_again() -> None:
    answers = iter([True, False, False] + [False] * 10)
    stream = Stream(refuses=lambda _: next(answers))
    records = some(3)

    tally = sent(stream, records, PLAIN)

    assert [[record["Data"] for record in call] for call in stream.calls] == [
        [record.data for record in records],
        [records[0].data],
    ]
    assert (tally.calls, tally.records, tally.retried) == (2, 3, 1)


@pytest.mark.parametrize(
    ("count", "size", "aggregate", "calls"),
    [
        (501, 10, 0, 2),
        (1_000, 10, 0, 2),
        (11, 1_000_000, 0, 3),
        (20_000, 300, AGGREGATE_BYTES, 2),
    ],
)
def test_a_call_keeps_to_its_limits(count: int, size: int, aggregate: int, calls: int) -> None:
    stream = Stream(1)

    sent(stream, some(count, size=size), Settings(aggregate))

    assert len(stream.calls) == calls
    for call in stream.calls:
        assert len(call) <= CALL_RECORDS
        assert sum(len(record["Data"]) + len(record["PartitionKey"]) for record in call) <= CALL_BYTES


def test_a_record_at_the_limit_goes_and_a_longer_one_is_told() -> None:
    limit = 1024 * 1024
    longest = Record(b"x" * (limit - 1), "k", Kind.POST)
    stream = Stream()

    tally = sent(stream, [longest, Record(longest.data + b"x", "k", Kind.POISON), *some(2)])

    assert (tally.delivered, tally.too_long) == (3, 1)
    assert max(len(record.data) + len(record.key) for record in stream.taken) == limit


def test_an_aggregate_holds_the_keys_of_one_shard() -> None:
    stream = Stream(4)

    tally = sent(stream, some(2_000))

    assert all(user.in_place for user in stream.arrived)
    assert tally.aggregated == tally.records
    assert tally.records < 20


def test_after_a_split_aggregates_are_of_the_new_shards() -> None:
    fates = iter(["split"])
    stream = Stream(1, lambda: next(fates, "ok"))

    tally = sent(stream, some(40_000))

    # The call that found the shard gone brought some to the wrong child: those went again, and none after it.
    assert tally.misplaced > 0
    assert sum(not user.in_place for user in stream.arrived) == tally.misplaced
    assert tally.misplaced < sum(len(record["Data"]) for record in stream.calls[0]) // 300
    assert tally.delivered == 40_000


def test_pauses_grow_are_jittered_and_have_an_end() -> None:
    clock, refusals = Clock(), iter([True] * 12)
    stream = Stream(refuses=lambda _: next(refusals, False))
    sender = Sender(stream, "posts", None, Random(7), clock)
    at = [clock.now for _ in sender.send(some(1))]

    pauses = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert len(set(pauses[:12])) == 12
    assert max(pauses[:3]) < 1 < max(pauses) <= LONGEST_PAUSE_SECONDS + 0.1


def test_a_shard_that_is_throttled_holds_up_no_other() -> None:
    clock = Clock()
    stream = Stream(2, refuses=lambda shard_id: shard_id == stream.shard_of(0) and clock.now < 3)
    sender = Sender(stream, "posts", PLAIN, Random(1), clock)

    *_, tally = sender.send(some(5_000))

    assert tally.delivered == 5_000
    came = [user.shard_id for user in stream.arrived]
    assert came == sorted(came, reverse=True)  # all of the one, then, when it takes them, all of the other


def test_a_rate_is_kept_to() -> None:
    clock = Clock()
    sender = Sender(Stream(), "posts", None, Random(1), clock)

    for tally in sender.send(some(500), rate=100):
        assert tally.read <= 1 + clock.now * 100 + 1e-6

    assert 4.9 <= clock.now <= 5.2


def test_a_stop_leaves_what_was_not_sent_and_says_so() -> None:
    sender = Sender(Stream(), "posts", PLAIN, Random(1), Clock())

    for tally in sender.send(some(2_000)):
        sender.stopped = tally.calls == 1

    assert (tally.delivered, tally.left, tally.read) == (500, 1_500, 2_000)
    assert tally.adds_up


def test_a_stream_that_is_not_there_ends_it_with_a_tally_that_adds_up() -> None:
    sender = Sender(Stream(fate=lambda: "ResourceNotFoundException"), "posts")

    with pytest.raises(ClientError, match="ResourceNotFound"):
        list(sender.send(some(10)))

    assert sender.tally.adds_up
    assert sender.tally.left == 10


@given(st.text(min_size=1, max_size=64))
def test_a_key_belongs_to_the_shard_that_kinesis_would_choose(key: str) -> None:
    stream = Stream(5)
    stream.reshard("split")
    stream.reshard("merge")

    assert ShardMap(stream, "posts").of(hash_key(key)) == stream.shard_of(hash_key(key))
