"""Posts as they come, and why some cannot be counted."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from datetime import datetime
from itertools import chain, repeat
from typing import Annotated, Any, NamedTuple, TypeAlias

import msgspec
from pybase64 import b64decode

from stream import kpl

Record: TypeAlias = dict[str, Any]
"""A record of a Kinesis event, as Lambda gives it to a function."""

LONGEST_TEXT = 25_000
"""Characters of a post at most: as many as the platform's long posts have."""


class Post(msgspec.Struct, frozen=True, gc=False):
    """What of a post is counted; its other members are ignored."""

    post_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    created_at: Annotated[datetime, msgspec.Meta(tz=True)]
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]


class Rejected(NamedTuple):
    """A record, or one of those that were put together in it, that no retry makes good.

    `reason` is a word that programs can tell apart, `detail` a sentence that does not quote the post.
    """

    record: Record
    number: int
    partition_key: str
    data: bytes
    reason: str
    detail: str


class Span(NamedTuple):
    """Some records of a batch: the first without those of its parts that come before `skip`, one part a post.

    `stop` ends the last record before a part, or is None for all of it.
    """

    records: list[Record]
    skip: int = 0
    stop: int | None = None


class Reading(NamedTuple):
    """What a span of records holds, in its order.

    `parts` is how many parts the last record has, 1 where nothing was put together in it.
    """

    posts: list[Post]
    rejected: list[Rejected]
    parts: int


class Bounds(NamedTuple):
    """How far a post's own time may be from the time that its record arrived at, in seconds."""

    late: float
    early: float


_decoder = msgspec.json.Decoder(Post)
decode = _decoder.decode
_decode_lines = _decoder.decode_lines
_UNREADABLE = (ValueError, RecursionError, msgspec.MsgspecError)
_MINUTE = 60.0
# How the base64 of an aggregated record begins: 30 of the magic's 32 bits, those that whole characters tell.
_MAYBE_AGGREGATED = b2a_base64(kpl.MAGIC)[:5].decode()


def read(span: Span, bounds: Bounds) -> Reading:
    """Return the posts that a span of records holds, in their order, and what in it cannot be counted."""
    return _read_all(span, bounds) or _read_each(span, bounds)


def _read_all(span: Span, bounds: Bounds) -> Reading | None:
    """Return the posts in a few steps for all of them, or None where a record is not as it should be."""
    records = span.records
    try:
        texts: list[str] = [record["kinesis"]["data"] for record in records]
        parts = 1
        sizes: list[int] = []
        # Each is decoded whole before the next: what base64 made of it is still in the processor's cache.
        if texts[0].startswith(_MAYBE_AGGREGATED) or texts[-1].startswith(_MAYBE_AGGREGATED):
            split = [_split(b64decode(text, None, True)) for text in texts]
            parts = len(split[-1])
            split[-1] = split[-1][: span.stop]
            split[0] = split[0][span.skip :]
            sizes = list(map(len, split))
            posts = list(chain.from_iterable(split))
        else:
            posts = [decode(b64decode(text, None, True)) for text in texts]
    except _UNREADABLE:
        return None
    if not posts:
        return Reading(posts, [], parts)
    # Nearly always all are recent, and a look at both ends tells; Kinesis keeps arrivals in order, roughly.
    # Comparing times is cheap, and making numbers of them is not.
    times = [post.created_at for post in posts]
    earliest, latest = min(times).timestamp(), max(times).timestamp()
    first, last = _arrival(records[0]), _arrival(records[-1])
    if earliest < last - bounds.late + _MINUTE or latest > first + bounds.early - _MINUTE:
        arrived = chain.from_iterable(map(repeat, map(_arrival, records), sizes or repeat(1)))
        ahead = [made.timestamp() - arrival for made, arrival in zip(times, arrived, strict=True)]
        if min(ahead) < -bounds.late or max(ahead) > bounds.early:
            return None
    return Reading(posts, [], parts)


def _split(data: bytes) -> list[Post]:
    """Return the posts that were put together in a record, or the only one.

    Raises
    ------
    ValueError
        When a look at each of them is needed.
    """
    if not data.startswith(kpl.MAGIC):
        return [decode(data)]
    lines = kpl.lines(data)
    if lines is None:
        return [decode(part.data) for part in kpl.parts(data)]
    text, count = lines
    posts = _decode_lines(text)
    if len(posts) != count:
        raise ValueError("there are more or fewer posts than records")
    return posts


def _read_each(span: Span, bounds: Bounds) -> Reading:
    """Return the posts record by record, and each that cannot be counted with the reason."""
    posts, rejected = [], []
    parts = 1
    for place, record in enumerate(span.records):
        found = _parts(record)
        if isinstance(found, Rejected):
            rejected.append(found)
            parts = 1
            continue
        parts = len(found)
        skip = span.skip if place == 0 else 0
        stop = span.stop if place == len(span.records) - 1 else None
        for number, part in list(enumerate(found))[skip:stop]:
            try:
                post = _post(part.data, _arrival(record), bounds)
            except _Refused as refused:
                rejected.append(Rejected(record, number, part.partition_key, part.data, *refused.args))
            else:
                posts.append(post)
    return Reading(posts, rejected, parts)


class _Refused(Exception):  # noqa: N818 - a reason and a detail
    """A post that cannot be counted."""


def _parts(record: Record) -> list[kpl.Part] | Rejected:
    """Return what was put together in a record, or the record itself as the only part."""
    key = str(record["kinesis"]["partitionKey"])
    try:
        data = a2b_base64(record["kinesis"]["data"])
    except ValueError:
        return Rejected(record, 0, key, b"", "NOT_BASE64", "The event's own encoding is broken.")
    if not data.startswith(kpl.MAGIC):
        return [kpl.Part(key, data)]
    try:
        return kpl.parts(data)
    except kpl.Damaged as damaged:
        return Rejected(record, 0, key, data, "DAMAGED_AGGREGATE", f"{damaged}.".capitalize())


def _post(data: bytes, arrived: float, bounds: Bounds) -> Post:
    """Return the post, or say why it cannot be counted: no retry makes any of it good."""
    if not data:
        raise _Refused("EMPTY", "The record has no data.")
    try:
        post = decode(data)
    except msgspec.ValidationError as error:
        raise _Refused("WRONG_SHAPE", f"{error}.") from None
    except UnicodeDecodeError:
        raise _Refused("NOT_UTF8", "The data is not UTF-8.") from None
    except RecursionError:
        raise _Refused("TOO_DEEP", "The JSON is nested too deeply.") from None
    except _UNREADABLE:
        raise _not_json(data) from None
    age = arrived - post.created_at.timestamp()
    if age > bounds.late:
        raise _Refused("TOO_LATE", f"created_at is {age:.0f} s before the arrival.")
    if -age > bounds.early:
        raise _Refused("FROM_THE_FUTURE", f"created_at is {-age:.0f} s after the arrival.")
    return post


def _not_json(data: bytes) -> _Refused:
    try:
        data.decode()
    except UnicodeDecodeError:
        return _Refused("NOT_UTF8", "The data is not UTF-8.")
    return _Refused("NOT_JSON", "The data is not one JSON value.")


def _arrival(record: Record) -> float:
    """Return when Kinesis took a record, in seconds since 1970."""
    arrived: float = record["kinesis"]["approximateArrivalTimestamp"]
    return arrived
