"""Steps of a batch: their limits, their end before time is up, what they cost and who met whom."""

from __future__ import annotations

from hashlib import md5
from typing import Any, cast

import pytest

from shared.faults import Transient
from shared.items import Refused
from shared.tables import Table
from stream import seen
from stream.counting import Aggregator
from stream.posts import Bounds
from stream.trends import BUCKETS, bucket_of
from stream.windows import Windows
from tests.unit.stream.fakes import FakeTrendsTable, size
from tests.unit.stream.shards import Failures, aggregated, counted, post, record

BOUNDS = Bounds(late=86400, early=300)


def aggregator(table: Any, failures: Failures | None = None) -> Aggregator:
    return Aggregator(cast("Table", table), failures or Failures(), Windows(60), BOUNDS, keep=86400)


def minutes(number: int, each: int = 1) -> list[bytes]:
    """Return posts of so many windows."""
    return [
        post(f"p{minute}-{place}", -60 * minute, f"#t{place} #t{minute}")
        for minute in range(number)
        for place in range(each)
    ]


def test_a_batch_that_a_transaction_holds_is_one_step() -> None:
    table = FakeTrendsTable()

    aggregator(table).take([record(data) for data in minutes(7, 30)])

    assert table.calls.count("TransactWriteItems") == 1


@pytest.mark.parametrize("together", [False, True])
def test_a_batch_of_many_windows_is_counted_in_steps_within_the_limits(together: bool) -> None:
    table = FakeTrendsTable()
    parts = minutes(200)
    data = [aggregated([(str(number), part) for number, part in enumerate(parts)])] if together else parts

    taken = aggregator(table).take([record(each) for each in data])

    assert taken.counted == 200
    assert table.calls.count("TransactWriteItems") > 5
    assert sum(counted(table).values()) == 400 - 1  # p0-0 has the same hashtag twice


def test_a_log_and_counts_too_large_for_an_item_are_counted_in_steps() -> None:
    table = FakeTrendsTable()
    wide = "#" + "\N{CJK UNIFIED IDEOGRAPH-6771}" * 270
    texts = [" ".join(f"{wide}{number}x{place}" for place in range(80)) for number in range(24)]

    taken = aggregator(table).take([record(post(f"p{n}", 0, text)) for n, text in enumerate(texts)])

    assert taken.counted == 24
    assert table.calls.count("TransactWriteItems") > 1
    assert len(counted(table)) == 24 * 80


def test_it_stops_between_steps_when_time_is_up_and_goes_on_from_there() -> None:
    table = FakeTrendsTable()
    records = [record(data) for data in minutes(100)]

    first = aggregator(table).take(records, lambda: False)
    assert first.pending is not None
    assert first.fault is None
    assert 0 < first.counted < 100
    assert first.pending == records[first.counted]["kinesis"]["sequenceNumber"]

    rest = aggregator(table).take(records)
    assert rest.pending is None
    assert first.counted + rest.counted == 100


def test_a_second_delivery_costs_one_read_and_writes_nothing() -> None:
    table = FakeTrendsTable()
    records = [record(data) for data in minutes(3)]
    aggregator(table).take(records)
    table.calls.clear()

    taken = aggregator(table).take(records)

    assert (taken.counted, taken.duplicates, taken.pending) == (0, 0, None)
    assert table.calls == ["GetItem, consistent"]


def test_a_warm_environment_reads_a_window_once() -> None:
    table = FakeTrendsTable()
    warm = aggregator(table)
    posts = [post(f"p{number}", 0, "#a") for number in range(400)]
    warm.take([record(data) for data in posts[:200]])
    table.calls.clear()

    warm.take([record(data) for data in posts[200:]])

    assert table.calls == ["TransactWriteItems"]


def test_whoever_always_comes_second_gives_up_and_says_from_where() -> None:
    class Contested(FakeTrendsTable):
        def update_all(self, updates: Any) -> Refused | None:
            changes = list(updates)
            return Refused((True, *(False for _ in changes[1:])), tuple(None for _ in changes))

    records = [record(post("p", 0, "#a"))]

    taken = aggregator(Contested()).take(records)

    assert isinstance(taken.fault, Transient)
    assert taken.pending == records[0]["kinesis"]["sequenceNumber"]


def test_what_breaks_it_is_raised_so_that_lambda_halves_the_batch() -> None:
    class Broken(FakeTrendsTable):
        def update_all(self, updates: Any) -> Refused | None:
            raise RuntimeError(f"as told of {list(updates)}")

    with pytest.raises(RuntimeError, match="as told"):
        aggregator(Broken()).take([record(post("p", 0, "#a"))])


def test_a_post_without_a_hashtag_moves_the_checkpoint_and_no_more() -> None:
    table = FakeTrendsTable()

    aggregator(table).take([record(post("p", 0, "nothing"))])

    assert [pk.partition("#")[0] for pk, _ in table.items] == ["shard"]


def test_every_item_ends_and_a_log_outlives_what_could_come_twice() -> None:
    table = FakeTrendsTable()

    aggregator(table).take([record(post("p", 0, "#a"))])

    until = {pk.partition("#")[0]: item["expires_at"] for (pk, _), item in table.items.items()}
    now = until["counts"] - 86400
    assert until["seen"] >= now + BOUNDS.late + BOUNDS.early + 60 + 86400
    assert until["shard"] > now


def test_the_hottest_hashtag_makes_no_item_that_is_written_twice() -> None:
    table = FakeTrendsTable()
    warm = aggregator(table)
    written: list[tuple[str, str]] = []
    before: dict[Any, Any] = {}
    for batch in range(10):
        warm.take([record(post(f"p{batch}-{n}", 0, "#hot")) for n in range(50)])
        written += [
            key for key, item in table.items.items() if before.get(key) != item and key[1] != "checkpoint"
        ]
        before = dict(table.items)

    assert len(written) == len(set(written))
    assert sum(counted(table).values()) == 500


def test_slots_are_the_first_bits_of_what_kinesis_chooses_a_shard_by() -> None:
    ids = [f"post-{number}" for number in range(1000)]
    slots = seen.by_slot(seen.fingerprints(ids))

    assert {slot: len(marks) for slot, marks in slots.items()} == {
        slot: sum(1 for each in ids if int(md5(each.encode()).hexdigest(), 16) >> 125 == slot)  # noqa: S324
        for slot in range(seen.SLOTS)
    }


def test_an_environment_forgets_old_windows_and_is_right_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seen, "_REMEMBERED", 20)
    table = FakeTrendsTable()
    warm = aggregator(table)
    data = minutes(6, 10)
    for at in range(0, 60, 10):
        warm.take([record(each) for each in data[at : at + 10]])

    taken = warm.take([record(each) for each in data])

    assert (taken.counted, taken.duplicates) == (0, 60)


def test_hashtags_are_spread_over_the_buckets() -> None:
    numbers = [bucket_of(f"tag{number}") for number in range(1000)]

    assert set(numbers) == set(range(BUCKETS))
    assert min(numbers.count(bucket) for bucket in range(BUCKETS)) > 200


def test_the_fake_counts_bytes_as_dynamodb_does() -> None:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    assert size({"pk": "é", "n": 1200, "b": b"123"}) == 2 + 2 + 1 + 2 + 1 + 3
