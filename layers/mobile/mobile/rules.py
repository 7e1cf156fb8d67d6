"""The rules of members' content: pure functions, no clock, no store."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import msgspec

from mobile.models import Post

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mobile.models import NewPost, PostChange

MOST_MENTIONS = 20
# A name that stands alone: neither the end of an e-mail address nor the beginning of a longer word.
_MENTION = r"(?<![\w@.])@([A-Za-z0-9_]{3,30})(?![\w@])"


def folded(tags: Iterable[str]) -> list[str]:
    """Return tags as they are kept and compared: small letters, one spelling of each character, each once."""
    return list(dict.fromkeys(unicodedata.normalize("NFC", tag.casefold()) for tag in tags))


def mentioned(text: str) -> list[str]:
    """Return the names that a text mentions, in its order, each once and not more than MOST_MENTIONS."""
    names = (found[1].lower() for found in re.finditer(_MENTION, text))
    return list(dict.fromkeys(names))[:MOST_MENTIONS]


def write(new: NewPost, post_id: str, author: tuple[str, str], at: str) -> Post:
    """Return the post that `new` becomes; the same arguments make the same post.

    Parameters
    ----------
    new
        What the author wrote.
    post_id
        Its id.
    author
        The author's id and name.
    at
        When, in UTC, ISO 8601.
    """
    author_id, author_name = author
    return Post(
        post_id=post_id,
        author_id=author_id,
        author_name=author_name,
        text=new.text,
        tags=folded(new.tags),
        mentions=mentioned(new.text),
        visibility=new.visibility,
        created_at=at,
        updated_at=at,
        version=1,
        in_reply_to=new.in_reply_to,
    )


def rewrite(post: Post, change: PostChange, at: str) -> Post:
    """Return `post` with the change; the very same post where the change leaves it as it is."""
    after = msgspec.structs.replace(
        post,
        text=change.text,
        tags=folded(change.tags),
        mentions=mentioned(change.text),
        visibility=change.visibility,
    )
    if after == post:
        return post
    return msgspec.structs.replace(after, updated_at=at, version=post.version + 1)


def may_read(member_id: str, post: Post) -> bool:
    """Say whether a member may read a post: a private one is its author's alone."""
    return post.visibility == "public" or post.author_id == member_id
