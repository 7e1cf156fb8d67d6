"""Posts to search for, as tests make them."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta

from mobile.search.models import Post, Visibility
from mobile.search.words import plain

ANN, BEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
AS_OF = int(NOW.timestamp() * 1000)
"""When tests search, in epoch milliseconds."""

_count = itertools.count(1)


def post(
    text: str,
    *tags: str,
    author: str = ANN,
    visibility: Visibility = "public",
    age: timedelta = timedelta(hours=1),
    post_id: str | None = None,
) -> Post:
    """Return a post. Of two posts of the same age the one made later is the newer."""
    created = NOW - age
    return Post(
        post_id or post_id_at(created),
        author,
        "Ann" if author == ANN else "Ben",
        plain(text),
        tags,
        visibility,
        created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )


def post_id_at(created: datetime) -> str:
    """Return a UUIDv7 of that time, greater than every other one that was made of it."""
    milliseconds = int(created.timestamp() * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | next(_count)))
