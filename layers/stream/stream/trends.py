"""How often each hashtag was posted in each window: what TrendsTable keeps, and how it is read.

TrendsTable has three kinds of items, told apart by what their partition key begins with. `pk` is the
partition key, `sk` the sort key, and `expires_at` (seconds since 1970) ends each by the table's TTL.

| pk | sk | holds |
| --- | --- | --- |
| `counts#{bucket}#{day}` | `{window}#{shard}#{position}` | `counts`: hashtags and their posts, as JSON |
| `seen#{window}#{slot}` | a number from 0 on | `posts`: fingerprints of the posts that are counted |
| `shard#{shard}` | `checkpoint` | `position`: up to where the shard is counted |

Counts are added, never changed: a batch of posts leaves an item in each bucket that its hashtags are in, so a
hashtag that everybody posts makes no hot item. A hashtag is always in the same bucket, one of `BUCKETS`: its
history is a fourth of what is kept, and the top of a window is read from all four.

Reading costs half a capacity unit for each 4 KB that the items of the window have together (those of one
bucket, for a history), by the Query; at least half a unit a Query.
"""

from __future__ import annotations

import functools
import heapq
import zlib
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from stream.windows import name, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.cursors import Position
    from shared.tables import Table

BUCKETS = 4
_DAY = 86400
_END = "~"  # sorts behind what follows a window in a sort key

_counts = msgspec.json.Decoder(dict[str, int])


class Trend(msgspec.Struct, frozen=True):
    """How many posts of a window have a hashtag, which is without its sign and case-folded."""

    hashtag: str
    count: int


class Point(msgspec.Struct, frozen=True):
    """How many posts of one window have the hashtag that was asked for."""

    window_start: str
    count: int


@functools.lru_cache(1 << 16)
def bucket_of(hashtag: str) -> int:
    """Return the bucket that a hashtag's counts are in."""
    return zlib.crc32(hashtag.encode()) % BUCKETS


def counts_key(bucket: int, window: str) -> str:
    """Return the partition that a bucket's counts of a window are in: the window's day."""
    return f"counts#{bucket}#{window[:10]}"


class Trends:
    """What was counted, to be read.

    Parameters
    ----------
    table
        TrendsTable, or a fake with its `query`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def top(
        self, window: str, limit: int, after: Position | None = None
    ) -> tuple[list[Trend], Position | None]:
        """Return the hashtags of a window, the most posted first, those posted as often by their letters.

        Eventually consistent. At least one Query a bucket: 2 capacity units at least.

        Parameters
        ----------
        window
            The window's name.
        limit
            How many hashtags at most.
        after
            The position that the page before this one ended with.

        Returns
        -------
        The page, and the position to go on after, or None at the end.
        """
        counts: dict[str, int] = {}
        for bucket in range(BUCKETS):
            for _, part in self._read(bucket, window, window):
                for hashtag, count in part.items():
                    counts[hashtag] = counts.get(hashtag, 0) + count
        ranked = ((-count, hashtag) for hashtag, count in counts.items())
        if after is not None:
            last = (-int(after["count"]), str(after["hashtag"]))
            ranked = (each for each in ranked if each > last)
        page = [Trend(hashtag, -count) for count, hashtag in heapq.nsmallest(limit + 1, ranked)]
        if len(page) <= limit:
            return page, None
        return page[:limit], {"count": page[limit - 1].count, "hashtag": page[limit - 1].hashtag}

    def history(
        self, hashtag: str, first: str, last: str, limit: int, after: Position | None = None
    ) -> tuple[list[Point], Position | None]:
        """Return how often a hashtag was posted, window by window, the oldest first.

        Windows in which nobody posted it are left out. Eventually consistent. At least one Query for each day
        that is looked at, of one bucket: half a capacity unit for each 4 KB. A full page ends the reading.

        Parameters
        ----------
        hashtag
            Without its sign, case-folded.
        first, last
            The names of the first and the last window to look at.
        limit
            How many windows at most.
        after
            The position that the page before this one ended with.

        Returns
        -------
        The page, and the position to go on after, or None at the end.
        """
        bucket = bucket_of(hashtag)
        if after is not None:
            first = max(first, name(start(str(after["window"])) + 1))
        points: list[Point] = []
        for window, parts in groupby(self._read(bucket, first, last), key=itemgetter(0)):
            count = sum(part.get(hashtag, 0) for _, part in parts)
            if count and len(points) == limit:
                return points, {"window": points[-1].window_start}
            if count:
                points.append(Point(window, count))
        return points, None

    def _read(self, bucket: int, first: str, last: str) -> Iterator[tuple[str, dict[str, int]]]:
        """Give the counts of a bucket from one window to another, a part of a window at a time, in order."""
        for day in range(start(first[:10] + "T00:00:00Z"), start(last) + 1, _DAY):
            partition = ("pk", counts_key(bucket, name(day)))
            page = None
            while page is None or page.last_key:
                page = self._table.query(
                    partition, between=("sk", first, last + _END), after=page.last_key if page else None
                )
                for item in page.items:
                    yield item["sk"].partition("#")[0], _counts.decode(item["counts"])
