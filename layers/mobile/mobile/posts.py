"""Where posts are kept: in ContentTable, an item a post.

| attribute | holds |
| --- | --- |
| `pk`, `sk` | `POST#<post_id>`, `POST` |
| `kind` | `post` |
| as in `mobile.models.Post` | what readers see |
| `author_order` | sort key of the index `by_author`: `<visibility>#<post_id>` |
| `listed_in` | partition key of the index `by_list`: `feed`, or what it replies to; none when private |

Post ids sort by time, so the newest of a list are its end. An author's public and private posts are two
ranges of one partition; a reader's query goes to the public one only, and reads nothing that it leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mobile import rules
from mobile.models import Post
from shared.clock import now
from shared.ids import is_uuid7
from shared.problems import Forbidden, NotFound, PreconditionFailed

if TYPE_CHECKING:
    from mobile.models import PostChange, Visibility
    from shared.items import Item
    from shared.tables import Table

FEED = "feed"


class PostNotFound(NotFound):
    """There is no post with this id that the member may read."""

    def __init__(self) -> None:
        super().__init__("There is no such post.")


class NotTheAuthor(Forbidden):
    """The post is somebody else's."""

    def __init__(self) -> None:
        super().__init__("Only its author can change a post.")


class AnotherVersion(PreconditionFailed):
    """The post, or the profile, was changed since."""

    def __init__(self) -> None:
        super().__init__("It was changed since. Read it again, and send the change with its ETag.")


class Posts:
    """The posts of all members.

    Parameters
    ----------
    table
        ContentTable, or a fake with its `get`, `put_if`, `delete_if` and `query`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, post: Post) -> None:
        """Keep `post`, unless there is one with its id: adding twice is adding once. One PutItem."""
        self._table.put_if("attribute_not_exists(pk)", _item(post))

    def get(self, member_id: str, post_id: str) -> Post:
        """Return a post that a member may read. One strongly consistent GetItem; none for what is no id.

        Raises
        ------
        PostNotFound
            When there is none.
        """
        item = self._table.get(key_of_post(post_id), consistent=True) if is_uuid7(post_id) else None
        post = msgspec.convert(item, Post) if item else None
        if post is None or not rules.may_read(member_id, post):
            raise PostNotFound
        return post

    def change(self, member_id: str, post_id: str, version: int, change: PostChange) -> Post:
        """Change a post of this version, and return it as it is then. One GetItem and one PutItem.

        A change that is there already changes nothing: sending it again answers the same.

        Raises
        ------
        PostNotFound
            When there is no such post, or the member may not read it.
        NotTheAuthor
            When it is somebody else's.
        AnotherVersion
            When it has another version.
        """
        before = self.own(member_id, post_id)
        after = rules.rewrite(before, change, now())
        if after is before:
            return before
        if before.version != version:
            raise AnotherVersion
        if self._table.put_if("version = :version", _item(after), {":version": version}) is not None:
            raise AnotherVersion
        return after

    def own(self, member_id: str, post_id: str) -> Post:
        """Return a post of the member's own. One GetItem.

        Raises
        ------
        PostNotFound
            When there is no such post, or the member may not read it.
        NotTheAuthor
            When it is somebody else's.
        """
        post = self.get(member_id, post_id)
        if post.author_id != member_id:
            raise NotTheAuthor
        return post

    def remove(self, post_id: str) -> None:
        """Delete a post; removing twice is removing once. One DeleteItem."""
        self._table.delete_if("attribute_exists(pk)", key_of_post(post_id))

    def by_author(
        self, author_id: str, visibility: Visibility, limit: int, after: str | None
    ) -> tuple[list[Post], str | None]:
        """Return up to `limit` posts of one author, newest first, and the id to go on after. One Query."""
        order = _author_order(visibility, after or "")
        start = {**key_of_post(after), "author_id": author_id, "author_order": order} if after else None
        return self._page(
            ("author_id", author_id),
            limit,
            start,
            index="by_author",
            newest_first=True,
            between=("author_order", _author_order(visibility, ""), _author_order(visibility, "~")),
        )

    def listed(
        self, where: str, limit: int, after: str | None, *, newest_first: bool = True
    ) -> tuple[list[Post], str | None]:
        """Return up to `limit` public posts of the feed, or replies to a post, and the id to go on after.

        One Query.

        Parameters
        ----------
        where
            FEED, or a post's id.
        limit
            How many at most.
        after
            The id that the page before ended with.
        newest_first
            The order.

        Raises
        ------
        PostNotFound
            For what cannot be a post's id.
        """
        if where != FEED and not is_uuid7(where):
            raise PostNotFound
        start = {**key_of_post(after), "listed_in": where, "post_id": after} if after else None
        return self._page(("listed_in", where), limit, start, index="by_list", newest_first=newest_first)

    def _page(
        self, partition: tuple[str, str], limit: int, after: Item | None, **query: Any
    ) -> tuple[list[Post], str | None]:
        # One more than the page holds: DynamoDB's last key does not tell whether anything follows it.
        found = self._table.query(partition, limit=limit + 1, after=after, **query)
        posts = msgspec.convert(found.items[:limit], list[Post])
        more = len(found.items) > limit or found.last_key is not None
        return posts, posts[-1].post_id if more and posts else None


def key_of_post(post_id: str) -> Item:
    """Return the key of a post."""
    return {"pk": f"POST#{post_id}", "sk": "POST"}


def _author_order(visibility: Visibility, post_id: str) -> str:
    return f"{visibility}#{post_id}"


def _item(post: Post) -> Item:
    """Return a post as it is kept; an attribute of an index is there only if the index has the post."""
    item: Item = {
        **key_of_post(post.post_id),
        "kind": "post",
        **msgspec.to_builtins(post),
        "author_order": _author_order(post.visibility, post.post_id),
    }
    if post.visibility == "public":
        item["listed_in"] = post.in_reply_to or FEED
    return item
