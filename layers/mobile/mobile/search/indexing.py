"""From the stream of the posts' table, and from the table itself, to changes of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from mobile.search.models import Change, Post, Visibility
from mobile.search.words import plain
from shared.items import from_attributes
from shared.streams import FailedAt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mobile.search.ports import Indexer
    from shared.items import Item

StreamRecord: TypeAlias = dict[str, Any]


class PostItem(msgspec.Struct, frozen=True):
    """What search takes of a post's item; it has more."""

    post_id: str
    author_id: str
    author_name: str
    text: str
    tags: tuple[str, ...]
    visibility: Visibility
    created_at: str
    version: int


class RefusedError(Exception):
    """The engine does not take this post as it is."""


def bring_in(records: Sequence[StreamRecord], indexer: Indexer) -> None:
    """Bring the changes of a batch of the table's stream into the index.

    Raises
    ------
    FailedAt
        Where a record is not a post's as this code knows it, or the engine refuses it. What came before it is
        in the index.
    """
    changes: list[Change | None] = []
    failure: tuple[int, Exception] | None = None
    for place, record in enumerate(records):
        try:
            changes.append(change_of(record))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this record's
            failure = place, error
            break
    refused = indexer.apply(change for change in changes if change)
    for place, change in enumerate(changes):
        if change and change.post_id in refused:
            failure = place, RefusedError()
            break
    if failure:
        raise FailedAt(failure[0]) from failure[1]


def change_of(record: StreamRecord) -> Change | None:
    """Return what a record of the stream says of a post; None where it is of something else."""
    images = record["dynamodb"]
    if record["eventName"] != "REMOVE":
        return _written(from_attributes(images["NewImage"]))
    before = from_attributes(images["OldImage"])
    return Change.removed(before["post_id"], before["version"]) if before.get("kind") == "post" else None


def changes_of(items: Iterable[Item]) -> Iterator[Change]:
    """Yield what items of the table say of posts."""
    return filter(None, map(_written, items))


def _written(item: Item) -> Change | None:
    if item.get("kind") != "post":
        return None
    given = msgspec.convert(item, PostItem)
    post = Post(
        given.post_id,
        given.author_id,
        given.author_name,
        plain(given.text),
        given.tags,
        given.visibility,
        given.created_at,
    )
    return Change.written(post, given.version)
