"""What follows when a member's profile has expired: all else that they have here is removed.

DynamoDB deletes the profile, and an event tells of that. The rest is removed a page at a time; twice is
once. Who comes back in the meantime begins anew and keeps what they make from then on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mobile.posts import key_of_post
from mobile.profiles import key_of_name
from mobile.uploads import prefix_of
from shared.faults import Transient
from shared.ids import first_uuid7

if TYPE_CHECKING:
    from mobile.outbox import MemberExpired
    from mobile.uploads import Objects
    from shared.tables import Table

PAGE = 25  # as many as one BatchWriteItem takes
MOST_PAGES = 200  # of one try: 5,000 posts


class NotDone(Transient):
    """There is more to remove than one try does: the next one goes on."""


def forget(member: MemberExpired, table: Table, served: Objects) -> int:
    """Remove the posts, the images and the name of a member, and return how many posts there were.

    For each 25 posts one Query and one BatchWriteItem; for the name one DeleteItem.

    Parameters
    ----------
    member
        Who is gone.
    table
        ContentTable.
    served
        The bucket of the images that are shown.

    Raises
    ------
    NotDone
        When there are more than 5,000 posts left.
    shared.tables.Unavailable
        When DynamoDB did not take a whole page.
    """
    removed = 0
    for visibility in ("private", "public"):
        removed += _remove_posts(member, visibility, table, MOST_PAGES - removed // PAGE)
    for key in served.keys(prefix_of(member.member_id)):
        if key.removeprefix(prefix_of(member.member_id)) < first_uuid7(member.expired_at):
            served.delete(key)
    expired = datetime.fromtimestamp(member.expired_at, UTC).isoformat(timespec="milliseconds")
    table.delete_if(
        "member_id = :member AND taken_at < :expired",
        key_of_name(member.name),
        {":member": member.member_id, ":expired": expired.replace("+00:00", "Z")},
    )
    return removed


def _remove_posts(member: MemberExpired, visibility: str, table: Table, pages: int) -> int:
    """Remove one range of the author's posts: those of before the profile expired."""
    removed, after = 0, None
    for _ in range(pages):
        page = table.query(
            ("author_id", member.member_id),
            index="by_author",
            between=("author_order", f"{visibility}#", f"{visibility}#{first_uuid7(member.expired_at)}"),
            limit=PAGE,
            after=after,
        )
        table.delete_all([key_of_post(item["post_id"]) for item in page.items])
        removed, after = removed + len(page.items), page.last_key
        if after is None:
            return removed
    raise NotDone
