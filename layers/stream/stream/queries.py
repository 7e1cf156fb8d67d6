"""What is asked of the trends: the top of a window, a hashtag over time, and how long an answer keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import msgspec

from shared.problems import BadRequest, FieldError
from stream.hashtags import fold
from stream.trends import Point, Trend, Trends
from stream.windows import Windows, start

if TYPE_CHECKING:
    from shared.cursors import Cursors

LONGEST_HISTORY = 86400
"""Seconds that a history covers at most: so it reads two partitions, however short the windows are."""
_OPEN_SECONDS = 5
_CLOSED_SECONDS = 300
_FINAL_SECONDS = 86400
_ON_THE_WAY = 60
"""How long posts take from their author to the table, in seconds, when all goes well."""

Moment: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")]
Cursor: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class TopQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query parameters of the top of a window; without a moment, the window is the one that is open."""

    window: Moment | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    cursor: Cursor | None = None


class HistoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query parameters of a history: from the window of one moment to that of another, else the last day.

    The hashtag is in any case, with its sign or without.
    """

    hashtag: Annotated[str, msgspec.Meta(min_length=1, max_length=280)]
    since: Moment | None = None
    until: Moment | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: Cursor | None = None


class TopPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of the hashtags of a window, the most posted first."""

    window_start: str
    window_seconds: int
    items: list[Trend]
    next_cursor: str | None = None


class HistoryPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of the windows in which a hashtag was posted, the oldest first."""

    hashtag: str
    window_seconds: int
    since: str
    until: str
    items: list[Point]
    next_cursor: str | None = None


def top(trends: Trends, windows: Windows, cursors: Cursors, query: TopQuery, now: float) -> TopPage:
    """Return a page of the top of a window.

    Raises
    ------
    BadRequest
        When the moment is none, or the cursor is not of this window.
    """
    window = windows.holding(now if query.window is None else _moment("window", query.window))
    after = None if query.cursor is None else cursors.read(window, query.cursor)
    items, last = trends.top(window, query.limit, after)
    return TopPage(window, windows.seconds, items, cursors.issue(window, last) if last else None)


def history(
    trends: Trends, windows: Windows, cursors: Cursors, query: HistoryQuery, now: float
) -> HistoryPage:
    """Return a page of a hashtag's history.

    Raises
    ------
    BadRequest
        When a moment is none, they are in the wrong order or too far from each other, or the cursor is not of
        this hashtag and time.
    """
    until = now if query.until is None else _moment("until", query.until)
    since = until - LONGEST_HISTORY if query.since is None else _moment("since", query.since)
    if not 0 <= until - since <= LONGEST_HISTORY:
        raise _refused("since", f"is after until, or more than {LONGEST_HISTORY} seconds before it")
    hashtag, first, last = fold(query.hashtag), windows.holding(since), windows.holding(until)
    # With no moment named, the next page would be of another time: the list is told by what was asked.
    this = f"{query.since} {query.until} {hashtag}"
    after = None if query.cursor is None else cursors.read(this, query.cursor)
    items, end = trends.history(hashtag, first, last, query.limit, after)
    following = cursors.issue(this, end) if end else None
    return HistoryPage(hashtag, windows.seconds, first, last, items, following)


def seconds_to_keep(windows: Windows, last: str, late: int, now: float) -> int:
    """Return for how long an answer may be kept.

    Parameters
    ----------
    windows
        What windows there are.
    last
        The last window that the answer is about.
    late
        How late a post may come and still be counted, in seconds.
    now
        The time, in seconds since 1970.
    """
    end = start(windows.following(last))
    if now < end + _ON_THE_WAY:
        return _OPEN_SECONDS
    return _CLOSED_SECONDS if now < end + late else _FINAL_SECONDS


def _moment(field: str, text: str) -> int:
    try:
        return start(text)
    except ValueError:
        raise _refused(field, "is no time that there is") from None


def _refused(field: str, detail: str) -> BadRequest:
    return BadRequest(f"{field} {detail}.", [FieldError(field, detail)])
