"""The inbox: what a member was told, newest first, read and unread.

In NotificationsTable:

| `pk`, `sk` | holds |
| --- | --- |
| `MEMBER#<member_id>`, `NOTE#<notification_id>` | `models.Notification`; `unread`, its id, until it is read |
| `MEMBER#<member_id>`, `READ` | `read_until`, the id up to which all are read |

`unread` is the sort key of the local index `unread`, which so holds what was not read one by one. What is up
to `read_until` is read too, whatever the index says: to read a thousand at once is one write. Ids tell the
time, so what has expired is left out by its key, also before DynamoDB deletes it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from mobile.notifications.models import Notification
from shared.clock import now
from shared.ids import first_uuid7, is_uuid7
from shared.items import Update
from shared.problems import NotFound

if TYPE_CHECKING:
    from shared.items import Item
    from shared.tables import Table

DAY = 24 * 60 * 60
MOST_UNREAD = 100
"""Where counting stops."""
_PREFIX = "NOTE#"


class NotificationNotFound(NotFound):
    """The member has no such notification."""

    def __init__(self) -> None:
        super().__init__("You have no such notification, or not any more.")


class Inbox:
    """The inboxes of all members.

    Parameters
    ----------
    table
        NotificationsTable, or a fake with its `get`, `update_if` and `query`.
    days
        For how many days a notification is kept.
    """

    def __init__(self, table: Table, days: int) -> None:
        self._table = table
        self._life = days * DAY

    def page(self, member_id: str, limit: int, after: str | None) -> tuple[list[Notification], str | None]:
        """Return up to `limit` of a member's notifications, newest first, and the id to go on after.

        One GetItem and one Query, both strongly consistent: who was just told, or has just read, sees it.

        Parameters
        ----------
        member_id
            Whose inbox.
        limit
            How many at most.
        after
            The id that the page before ended with.
        """
        until = self._read_until(member_id)
        found = self._table.query(
            ("pk", _partition(member_id)),
            between=("sk", f"{_PREFIX}{self._first()}", f"{_PREFIX}~"),
            limit=limit + 1,  # DynamoDB's last key does not tell whether anything follows it
            newest_first=True,
            consistent=True,
            after=key_of_note(member_id, after) if after else None,
        )
        notes = [_note(item, until) for item in found.items[:limit]]
        more = len(found.items) > limit or found.last_key is not None
        return notes, notes[-1].notification_id if more and notes else None

    def unread(self, member_id: str) -> int:
        """Count what a member has not read, up to MOST_UNREAD. One GetItem and one Query of `unread`."""
        until = self._read_until(member_id)
        found = self._table.query(
            ("pk", _partition(member_id)),
            index="unread",
            between=("unread", max(f"{until}~" if until else "", self._first()), "~"),
            limit=MOST_UNREAD,
            consistent=True,
        )
        return len(found.items)

    def read(self, member_id: str, notification_id: str) -> None:
        """Mark one notification as read; twice is once. One UpdateItem.

        Raises
        ------
        NotificationNotFound
            When the member has none of this id.
        """
        if not is_uuid7(notification_id):
            raise NotificationNotFound
        stored = self._table.update_if(
            Update(
                key=key_of_note(member_id, notification_id),
                condition="attribute_exists(unread)",
                change="SET read_at = :at REMOVE unread",
                values={":at": now()},
            )
        )
        if stored == {}:
            raise NotificationNotFound

    def read_all(self, member_id: str, until: str) -> None:
        """Mark all up to and with one as read; one earlier than the last time changes nothing.

        One UpdateItem.

        Parameters
        ----------
        member_id
            Whose inbox.
        until
            A notification's id. One of the future stands for what there can be by now.
        """
        at = int(time.time())
        self._table.update_if(
            Update(
                key=_key_of_mark(member_id),
                condition="attribute_not_exists(read_until) OR read_until < :until",
                change="SET read_until = :until, expires_at = :expires_at",
                # Once all that it covers has expired, so may it.
                values={":until": min(until, first_uuid7(at + 1)), ":expires_at": at + self._life + DAY},
            )
        )

    def _read_until(self, member_id: str) -> str:
        mark = self._table.get(_key_of_mark(member_id), consistent=True)
        return str(mark["read_until"]) if mark else ""

    def _first(self) -> str:
        """Return the least id that has not expired."""
        return first_uuid7(int(time.time()) - self._life)


def range_of_notes(before: str) -> tuple[str, str, str]:
    """Return which sort keys are notifications whose ids come before one."""
    return "sk", _PREFIX, f"{_PREFIX}{before}"


def key_of_note(member_id: str, notification_id: str) -> Item:
    """Return the key of a notification."""
    return {"pk": _partition(member_id), "sk": f"{_PREFIX}{notification_id}"}


def _key_of_mark(member_id: str) -> Item:
    return {"pk": _partition(member_id), "sk": "READ"}


def _partition(member_id: str) -> str:
    return f"MEMBER#{member_id}"


def _note(item: Item, until: str) -> Notification:
    read = "unread" not in item or item["notification_id"] <= until
    return msgspec.convert({**item, "read": read}, Notification)
