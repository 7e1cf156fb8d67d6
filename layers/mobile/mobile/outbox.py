"""What follows from changes of members' content, as events for whoever is concerned.

Events are made from ContentTable's stream, so there is none without its change and no change without its
event. A batch of the stream may come twice: `event_id` is then the same. docs/services/content-events.md
describes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from shared.items import from_attributes

if TYPE_CHECKING:
    from shared.items import Item

SOURCE = "serverless-lens.content"
VERSION = 1

StreamRecord: TypeAlias = dict[str, Any]


class PostAddressed(msgspec.Struct, frozen=True):
    """A public post replies to another or mentions members: it was written, or changed so. Version 1.

    `event_id` is `post_id.version of the post`; `occurred_at` UTC in ISO 8601.
    """

    version: int
    event_id: str
    post_id: str
    author_id: str
    occurred_at: str


class MemberExpired(msgspec.Struct, frozen=True):
    """A member's profile has expired, and DynamoDB deleted it. Version 1.

    `event_id` is `member_id.expired_at`; `expired_at` in seconds since 1970.
    """

    version: int
    event_id: str
    member_id: str
    name: str
    expired_at: int


def event_of(record: StreamRecord) -> PostAddressed | MemberExpired | None:
    """Return the event that a change makes, whose type is its struct's name; None where it makes none."""
    images = record["dynamodb"]
    if record["eventName"] != "REMOVE":
        return _written(from_attributes(images["NewImage"]))
    by = record.get("userIdentity") or {}
    before = from_attributes(images["OldImage"])
    if before.get("kind") != "profile" or by.get("principalId") != "dynamodb.amazonaws.com":
        return None
    member_id, expired_at = before["member_id"], before["expires_at"]
    return MemberExpired(VERSION, f"{member_id}.{expired_at}", member_id, before["name"], expired_at)


def _written(item: Item) -> PostAddressed | None:
    if item.get("kind") != "post" or item["visibility"] != "public":
        return None
    if not item["mentions"] and not item.get("in_reply_to"):
        return None
    event_id = f"{item['post_id']}.{item['version']}"
    return PostAddressed(VERSION, event_id, item["post_id"], item["author_id"], item["updated_at"])
