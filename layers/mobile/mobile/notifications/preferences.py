"""Where preferences are kept: in NotificationsTable, an item a member who has chosen.

| `pk`, `sk` | holds |
| --- | --- |
| `MEMBER#<member_id>`, `REACH#PREFERENCES` | as in `mobile.notifications.models.Preferences` |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mobile.notifications import quiet
from mobile.notifications.models import Preferences, PreferencesChange
from mobile.posts import AnotherVersion

if TYPE_CHECKING:
    from shared.items import Item
    from shared.tables import Table

DEFAULT = Preferences("PUSH", "PUSH", "PUSH", 1)
"""Who has chosen nothing is told everything, at any hour."""
SORT_KEY = "REACH#PREFERENCES"


def of_item(item: Item | None) -> Preferences:
    """Return preferences from how they are kept."""
    return msgspec.convert(item, Preferences) if item else DEFAULT


def get(member_id: str, table: Table) -> Preferences:
    """Return a member's preferences. One strongly consistent GetItem."""
    return of_item(table.get(key_of(member_id), consistent=True))


def change(member_id: str, version: int, chosen: PreferencesChange, table: Table) -> Preferences:
    """Change preferences of this version, and return them as they are then. One GetItem and one PutItem.

    A change that is there already changes nothing: sending it again answers the same.

    Raises
    ------
    mobile.notifications.quiet.UnknownZone, mobile.notifications.quiet.NeverOver
        When the quiet hours cannot be kept.
    mobile.posts.AnotherVersion
        When they have another version.
    """
    if chosen.quiet_hours:
        quiet.checked(chosen.quiet_hours)
    before = get(member_id, table)
    after = Preferences(
        chosen.orders, chosen.mentions, chosen.replies, before.version + 1, chosen.quiet_hours
    )
    if msgspec.structs.replace(after, version=before.version) == before:
        return before
    if before.version != version:
        raise AnotherVersion
    condition = "version = :version" if before != DEFAULT else "attribute_not_exists(pk)"
    values = {":version": version} if before != DEFAULT else None
    if table.put_if(condition, {**key_of(member_id), **msgspec.to_builtins(after)}, values) is not None:
        raise AnotherVersion
    return after


def key_of(member_id: str) -> Item:
    """Return the key of a member's preferences."""
    return {"pk": f"MEMBER#{member_id}", "sk": SORT_KEY}
