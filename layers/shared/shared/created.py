"""The events that S3 sends of objects that were written."""

from __future__ import annotations

from urllib.parse import unquote_plus

import msgspec


class Created(msgspec.Struct, frozen=True):
    """An object that was written: its key and its bytes."""

    key: str
    size: int


def created(event: str) -> list[Created]:
    """Return the objects that an event of S3 tells of; none in the one that S3 sends to try the way.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    records = msgspec.json.decode(event).get("Records", [])
    objects = [record["s3"]["object"] for record in records]
    return [Created(unquote_plus(one["key"]), one["size"]) for one in objects]
