"""Posting exactly once, however often the request is sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mobile import rules
from mobile.posts import PostNotFound
from shared import idempotency
from shared.clock import now
from shared.ids import uuid7
from shared.problems import FieldError, UnprocessableContent

if TYPE_CHECKING:
    from mobile.models import NewPost, Post
    from mobile.posts import Posts
    from shared.tables import Table

OPERATION = "createPost"  # the operationId of the contract


class NothingToReplyTo(UnprocessableContent):
    """What the post replies to is not there, or not for this member to see."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such post to reply to.", [FieldError("/in_reply_to", "is no post that you can read")]
        )


def post_once(author: tuple[str, str], key: str, new: NewPost, posts: Posts, claims: Table) -> Post:
    """Post for a member, or find what an earlier try with the same key posted.

    Two conditional writes: the claim of an id and a time under the key, then the post under that id. A try
    that dies between them is carried to its end by the next one. A reply reads what it replies to first.

    Parameters
    ----------
    author
        The member's id and name.
    key
        The request's Idempotency-Key.
    new
        What the member wrote.
    posts, claims
        Where posts are kept, and where idempotency keys are remembered.

    Raises
    ------
    NothingToReplyTo
        When it replies to what the member cannot read.
    PostNotFound
        When an earlier try posted it and it was deleted since: a late retry does not bring it back.
    shared.idempotency.KeyReused
        When the key was used before with another body.
    """
    if new.in_reply_to:
        try:
            posts.get(author[0], new.in_reply_to)
        except PostNotFound:
            raise NothingToReplyTo from None
    fresh = uuid7()
    claimed = idempotency.claim(
        claims,
        f"{author[0]}#{OPERATION}#{key}",
        idempotency.fingerprint(new),
        {"post_id": fresh, "created_at": now()},
    )
    post_id = claimed["post_id"]
    if post_id != fresh and claims.get({"id": _removed(post_id)}, consistent=True):
        raise PostNotFound
    post = rules.write(new, post_id, author, claimed["created_at"])
    posts.add(post)
    return post


def remove(member_id: str, post_id: str, posts: Posts, claims: Table) -> None:
    """Delete a post, and remember that for as long as a retry could bring it back.

    Raises
    ------
    PostNotFound
        When there is no such post, or the member may not read it.
    mobile.posts.NotTheAuthor
        When it is somebody else's.
    """
    posts.own(member_id, post_id)
    # First, so that no retry comes in between.
    claims.put_if(
        "attribute_not_exists(id)",
        {"id": _removed(post_id), "expires_at": int(time.time()) + idempotency.WINDOW},
    )
    posts.remove(post_id)


def _removed(post_id: str) -> str:
    return f"removed#{post_id}"
