"""Trends are read as they were counted, page by page, without a Scan."""

from __future__ import annotations

import json
from collections import Counter
from itertools import count
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from shared.cursors import Position
from shared.tables import Table
from stream.trends import Point, Trend, Trends, bucket_of, counts_key
from stream.windows import name
from tests.unit.stream.fakes import FakeTrendsTable

MIDNIGHT = 1767312000  # 2026-01-02T00:00:00Z
WINDOWS = [name(MIDNIGHT + 60 * minute) for minute in range(-3, 4)]  # of two days
HASHTAGS = ["a", "b", "sonne", "meer", "東京", "été"]

Counted = dict[str, Counter[str]]


def table_of(parts: list[tuple[str, dict[str, int]]], page: int) -> FakeTrendsTable:
    """Return a table that these counts were added to, one batch after the other."""
    table = FakeTrendsTable(page)
    number = count()
    for window, counts in parts:
        for bucket in range(4):
            mine = {hashtag: posts for hashtag, posts in counts.items() if bucket_of(hashtag) == bucket}
            if mine:
                key = (counts_key(bucket, window), f"{window}#shard#{next(number):03}")
                table.items[key] = {"pk": key[0], "sk": key[1], "counts": json.dumps(mine)}
    return table


PARTS = st.lists(
    st.tuples(
        st.sampled_from(WINDOWS), st.dictionaries(st.sampled_from(HASHTAGS), st.integers(1, 5), min_size=1)
    ),
    max_size=20,
)
SMALL = st.integers(1, 4)


@given(PARTS, SMALL, SMALL)
def test_the_top_of_a_window_is_every_hashtag_once_the_most_posted_first(
    parts: list[tuple[str, dict[str, int]]], limit: int, page: int
) -> None:
    trends = Trends(cast("Table", table_of(parts, page)))
    window = WINDOWS[2]
    expected: Counter[str] = Counter()
    for each, counts in parts:
        expected.update(counts if each == window else {})

    found: list[Trend] = []
    after: Position | None = None
    for _ in range(len(HASHTAGS) + 1):
        some, after = trends.top(window, limit, after)
        assert len(some) == limit or after is None
        found += some
        if after is None:
            break

    assert [(trend.hashtag, trend.count) for trend in found] == sorted(
        expected.items(), key=lambda each: (-each[1], each[0])
    )


@given(PARTS, SMALL, SMALL, st.sampled_from(HASHTAGS), st.tuples(st.integers(0, 6), st.integers(0, 6)))
def test_a_history_is_every_window_of_a_range_once_in_order(
    parts: list[tuple[str, dict[str, int]]], limit: int, page: int, hashtag: str, between: tuple[int, int]
) -> None:
    first, last = between
    trends = Trends(cast("Table", table_of(parts, page)))
    expected: Counter[str] = Counter()
    for window, counts in parts:
        if WINDOWS[first] <= window <= WINDOWS[last] and hashtag in counts:
            expected[window] += counts[hashtag]

    found: list[Point] = []
    after: Position | None = None
    for _ in range(len(WINDOWS) + 1):
        some, after = trends.history(hashtag, WINDOWS[first], WINDOWS[last], limit, after)
        found += some
        if after is None:
            break

    assert [(point.window_start, point.count) for point in found] == sorted(expected.items())


def test_the_top_of_a_window_reads_each_bucket_once_and_scans_nothing() -> None:
    table = table_of([(WINDOWS[0], dict.fromkeys(HASHTAGS, 1))], 1000)

    Trends(cast("Table", table)).top(WINDOWS[0], 10)

    assert table.calls == ["Query"] * 4


def test_a_history_reads_one_bucket_of_each_day() -> None:
    table = table_of([(window, dict.fromkeys(HASHTAGS, 1)) for window in WINDOWS], 1000)

    Trends(cast("Table", table)).history("a", WINDOWS[0], WINDOWS[-1], 10)

    assert table.calls == ["Query"] * 2
