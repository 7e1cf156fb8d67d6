"""What a member asks for by the API's parameters, and the answer as the API gives it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

import msgspec

from mobile.search.models import WINDOW, Facet, Mark, Query, Terms
from mobile.search.times import milliseconds, now
from mobile.search.words import parse
from shared.problems import BadRequest, FieldError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mobile.search.models import Hit
    from mobile.search.ports import Finder
    from shared.cursors import Cursors, Position

EXCERPT = 280
"""How many characters of a text are answered at most."""
LEAD = 60
"""How many of them stand before the first word that met the search, at most."""
MAX_TAGS = 10


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query parameters of the operation. `tags` is a list with commas; times are ISO 8601."""

    q: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    tags: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    since: str | None = None
    until: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 20
    cursor: str | None = None


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of an excerpt; `hit`: it met the search. Texts are plain, to be escaped by who shows them."""

    text: str
    hit: bool = False


class SearchHit(msgspec.Struct, frozen=True):
    """A post that was found. Its excerpt's parts follow each other; an ellipsis is for what is left out."""

    post_id: str
    author_id: str
    author_name: str
    excerpt: tuple[Run, ...]
    tags: tuple[str, ...]
    visibility: str
    created_at: str
    score: float


class SearchPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of what is found; total and facets are of all of it."""

    hits: tuple[SearchHit, ...]
    total: int
    facets: tuple[Facet, ...]
    next_cursor: str | None = None


def answer(member: str, asked: Parameters, finder: Finder, cursors: Cursors) -> SearchPage:
    """Search for a member, and tell where the next page goes on.

    A cursor holds how much was seen and when the first page was asked for, and is good for the same search.

    Raises
    ------
    BadRequest
        When a parameter does not fit; it is named.
    """
    digest = _digest(asked)
    position: Position = {"seen": 0, "as_of": now(), "search": digest}
    if asked.cursor is not None:
        position = cursors.read(member, asked.cursor)
        if position["search"] != digest:
            raise BadRequest(
                "The cursor is another search's. Start again without it.",
                [FieldError("cursor", "is not a cursor of this search")],
            )
    query = _query(member, asked, int(position["seen"]), int(position["as_of"]))
    found = finder.search(query)
    seen = query.skip + len(found.hits)
    more = found.hits and seen < min(found.total, WINDOW)
    following = cursors.issue(member, {**position, "seen": seen}) if more else None
    return SearchPage(tuple(_told(hit) for hit in found.hits), found.total, found.facets, following)


def excerpt(text: str, marks: tuple[Mark, ...]) -> tuple[Run, ...]:
    """Return part of a text with the first word that met the search, cut where words did and did not."""
    start = 0
    if marks and len(text) > EXCERPT and marks[0].start > LEAD:
        start = marks[0].start - LEAD
        start = text.find(" ", start, marks[0].start) + 1 or start
    end = min(len(text), start + EXCERPT)
    if end < len(text):
        # At the end of a word, unless one word is all there is.
        whole = max((mark.end for mark in marks if mark.end <= end), default=0)
        whole = max(text.rfind(" ", start, end), whole)
        end = whole if whole > start else end
    parts = list(_parts(text, start, end, marks))
    if start:
        parts.insert(0, Run("… "))
    if end < len(text):
        parts.append(Run(" …"))
    return tuple(parts)


def _parts(text: str, start: int, end: int, marks: tuple[Mark, ...]) -> Iterator[Run]:
    place = start
    for mark in marks:
        if mark.start < start or mark.start >= end:
            continue
        if place < mark.start:
            yield Run(text[place : mark.start])
        place = min(mark.end, end)
        yield Run(text[mark.start : place], hit=True)
    if place < end:
        yield Run(text[place:end])


def _told(hit: Hit) -> SearchHit:
    post = hit.post
    return SearchHit(
        post.post_id,
        post.author_id,
        post.author_name,
        excerpt(post.text, hit.marks),
        post.tags,
        post.visibility,
        post.created_at,
        round(hit.score, 4),
    )


def _query(member: str, asked: Parameters, skip: int, as_of: int) -> Query:
    tags = () if asked.tags is None else tuple(dict.fromkeys(tag.strip() for tag in asked.tags.split(",")))
    if not all(tags) or len(tags) > MAX_TAGS:
        raise _bad("tags", f"has to be 1 to {MAX_TAGS} tags, with commas between them")
    return Query(
        member=member,
        terms=Terms() if asked.q is None else parse(asked.q),
        as_of=as_of,
        tags=tags,
        since=_time("since", asked.since),
        until=_time("until", asked.until),
        skip=skip,
        limit=min(asked.limit, WINDOW - skip),
    )


def _time(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = milliseconds(text)
    except (ValueError, OverflowError):
        raise _bad(name, "is not a time such as 2026-06-15T12:00:00Z") from None
    if moment < 0:
        raise _bad(name, "is before 1970")
    return moment


def _bad(name: str, detail: str) -> BadRequest:
    return BadRequest("The search cannot be understood.", [FieldError(name, detail)])


def _digest(asked: Parameters) -> str:
    """Return what tells a search from every other one, whatever its pages' length."""
    parts = (asked.q, asked.tags, asked.since, asked.until)
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]
