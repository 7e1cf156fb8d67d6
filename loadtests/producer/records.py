"""A record as a producer sees it, and what the lines of a file are."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

MAX_KEY = 256
"""Characters that a partition key may have."""


class Kind(enum.Enum):
    """What a line is to whoever counts posts."""

    POST = "post"
    DUPLICATE = "duplicate"
    POISON = "poison"


class Record(NamedTuple):
    """One user record.

    Attributes
    ----------
    data
        The bytes that a consumer is to get.
    key
        The partition key, 1 to 256 characters.
    kind
        What it is.
    """

    data: bytes
    key: str
    kind: Kind


def records(lines: Iterable[bytes], key: str = "post_id") -> Iterator[Record]:
    """Yield a record for each line that is not empty.

    A line that is no post (see `post_of`) is poison, and goes out as it is under a key of its own. A post
    whose post_id was there before is a duplicate; to tell, some 100 MB are kept for a million posts.

    Parameters
    ----------
    lines
        Lines with or without their ends.
    key
        The member of a post that is its partition key; a post without it has its post_id as the key.
    """
    seen: set[bytes] = set()
    for raw in lines:
        line = raw.rstrip(b"\r\n")
        if not line:
            continue
        post = post_of(line)
        if post is None:
            yield Record(line, hashlib.blake2b(line, digest_size=16).hexdigest(), Kind.POISON)
            continue
        fingerprint = hashlib.blake2b(post["post_id"].encode(), digest_size=16).digest()
        kind = Kind.DUPLICATE if fingerprint in seen else Kind.POST
        seen.add(fingerprint)
        named = post.get(key)
        if not isinstance(named, str) or not 0 < len(named) <= MAX_KEY:
            named = post["post_id"]
        yield Record(line, named, kind)


def post_of(line: bytes) -> dict[str, Any] | None:
    """Return a line as a post, or None: an object with the texts post_id (1 to 64), created_at and text."""
    try:
        post = json.loads(line)
        text = [post[name].encode() for name in ("post_id", "created_at", "text")]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return post if 0 < len(text[0].decode()) <= 64 else None  # noqa: PLR2004 - the contract's
