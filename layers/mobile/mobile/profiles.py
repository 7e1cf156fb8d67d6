"""Where profiles are kept: in ContentTable, an item a member and an item a name.

| `pk`, `sk` | `kind` | holds |
| --- | --- | --- |
| `MEMBER#<member_id>`, `PROFILE` | `profile` | as in `mobile.models.Profile`; `expires_at`, the table's TTL |
| `NAME#<name>`, `NAME` | `name` | `member_id`, whose name it is, and `taken_at` |

The profile is the member's lease on all that they have here: what they do renews it.
When it is over, DynamoDB deletes the profile, and `mobile.leaving` removes the rest.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from mobile.models import Member, NewProfile, Profile
from mobile.posts import AnotherVersion
from shared.clock import now
from shared.items import Update
from shared.problems import Conflict, FieldError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mobile.models import ProfileChange
    from shared.items import Item
    from shared.tables import Table

DAY = 24 * 60 * 60
_NAME = r"[a-z0-9_]{3,30}"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class MemberNotFound(NotFound):
    """There is no such member, or they have no profile."""

    def __init__(self) -> None:
        super().__init__("There is no such member.")


class NoProfile(NotFound):
    """The member has no profile yet."""

    def __init__(self) -> None:
        super().__init__("You have no profile yet. Make one with POST /profile.")


class NameFirst(Conflict):
    """The member has to have a profile before this."""

    def __init__(self) -> None:
        super().__init__("What you post carries your name. Make a profile first, with POST /profile.")


class HasProfile(Conflict):
    """The member has a profile already, and another one was asked for."""

    def __init__(self) -> None:
        super().__init__("You have a profile. Change it with PUT /profile.")


class NameTaken(Conflict):
    """The name is another member's."""

    def __init__(self) -> None:
        super().__init__("The name is taken.", [FieldError("/name", "is another member's")])


class Profiles:
    """The profiles of all members.

    Parameters
    ----------
    table
        ContentTable, or a fake with its `get`, `get_some`, `update_if` and `update_all`.
    life
        For how many days a member who does nothing is remembered.
    """

    def __init__(self, table: Table, life: int) -> None:
        self._table = table
        self._life = life * DAY

    def create(self, member_id: str, new: NewProfile) -> Profile:
        """Give a member a profile and their name. One TransactWriteItems, of two writes.

        Sent again, it finds what the first try made.

        Raises
        ------
        HasProfile
            When the member has one, and it is not what `new` asks for.
        NameTaken
            When the name is another member's.
        """
        at = now()
        name, profile = self._table, self._table
        refused = self._table.update_all(
            [
                (
                    name,
                    Update(
                        key=key_of_name(new.name),
                        condition="attribute_not_exists(pk) OR member_id = :member",
                        change="SET kind = :kind, member_id = :member, taken_at = :at",
                        values={":kind": "name", ":member": member_id, ":at": at},
                    ),
                ),
                (
                    profile,
                    Update(
                        key=key_of(member_id),
                        condition="attribute_not_exists(pk)",
                        change="SET kind = :kind, member_id = :member, #name = :name, "
                        "display_name = :display_name, biography = :biography, created_at = :at, "
                        "updated_at = :at, version = :version, expires_at = :expires_at",
                        values={
                            ":kind": "profile",
                            ":member": member_id,
                            ":name": new.name,
                            ":display_name": new.display_name,
                            ":biography": new.biography,
                            ":at": at,
                            ":version": 1,
                            ":expires_at": int(time.time()) + self._life,
                        },
                        names={"#name": "name"},
                    ),
                ),
            ]
        )
        if refused is None or refused.failed[1]:
            made = self._get(member_id)
            if made is None:
                raise NoProfile  # it was there, and is removed since
            if NewProfile(made["name"], made["display_name"], made["biography"]) != new:
                raise HasProfile
            return _profile(made)
        raise NameTaken

    def own(self, member_id: str) -> Profile:
        """Return a member's own profile, which is a sign of life. One strongly consistent GetItem.

        Raises
        ------
        NoProfile
            When there is none.
        """
        item = self._get(member_id)
        if item is None:
            raise NoProfile
        return _profile(self._renewed(item))

    def name_of(self, member_id: str) -> str:
        """Return the name that what a member writes carries: writing is a sign of life. One GetItem.

        Raises
        ------
        NameFirst
            When the member has no profile.
        """
        item = self._get(member_id)
        if item is None:
            raise NameFirst
        name: str = self._renewed(item)["name"]
        return name

    def member(self, member_id: str) -> Member:
        """Return what everybody sees of a member. One GetItem, eventually consistent.

        Raises
        ------
        MemberNotFound
            When there is no such member.
        """
        item = self._table.get(key_of(member_id)) if is_member_id(member_id) else None
        if item is None:
            raise MemberNotFound
        return msgspec.convert(item, Member)

    def named(self, name: str) -> Member:
        """Return what everybody sees of the member with a name, in any case. Two GetItems, not consistent.

        Raises
        ------
        MemberNotFound
            When nobody has it.
        """
        wanted = name.lower()
        item = self._table.get(key_of_name(wanted)) if re.fullmatch(_NAME, wanted) else None
        if item is None:
            raise MemberNotFound
        return self.member(item["member_id"])

    def members(self, ids: Iterable[str]) -> list[Member]:
        """Return what everybody sees of members, in no order: 100 at most. One BatchGetItem; none for nobody.

        Who has no profile any more is not among them, nor whom DynamoDB was too busy for.
        """
        keys = [key_of(member_id) for member_id in dict.fromkeys(ids)]
        return msgspec.convert(self._table.get_some(keys), list[Member])

    def change(self, member_id: str, version: int, change: ProfileChange) -> Profile:
        """Change a profile of this version, and return it as it is then. One GetItem and one UpdateItem.

        A change that is there already changes nothing: sending it again answers the same.

        Raises
        ------
        NoProfile
            When there is none.
        AnotherVersion
            When it has another version.
        """
        profile = self.own(member_id)
        if (profile.display_name, profile.biography) == (change.display_name, change.biography):
            return profile
        at = now()
        refused = self._table.update_if(
            Update(
                key=key_of(member_id),
                condition="version = :version",
                change="SET display_name = :display_name, biography = :biography, updated_at = :at, "
                "version = :next",
                values={
                    ":version": version,
                    ":next": version + 1,
                    ":display_name": change.display_name,
                    ":biography": change.biography,
                    ":at": at,
                },
            )
        )
        if refused is not None:
            raise AnotherVersion
        return msgspec.structs.replace(
            profile,
            display_name=change.display_name,
            biography=change.biography,
            updated_at=at,
            version=version + 1,
        )

    def _get(self, member_id: str) -> Item | None:
        return self._table.get(key_of(member_id), consistent=True)

    def _renewed(self, item: Item) -> Item:
        """Give a member a whole life again once less than half of it is left: at most two writes a life."""
        expires_at = int(time.time()) + self._life
        if item["expires_at"] > expires_at - self._life // 2:
            return item
        self._table.update_if(
            Update(
                key={"pk": item["pk"], "sk": item["sk"]},
                condition="expires_at < :expires_at",  # of two at once, the later one's time stays
                change="SET expires_at = :expires_at",
                values={":expires_at": expires_at},
            )
        )
        return {**item, "expires_at": expires_at}


def is_member_id(text: str) -> bool:
    """Say whether `text` has the form of a Cognito `sub`, a UUID in small letters."""
    return re.fullmatch(_UUID, text) is not None


def key_of(member_id: str) -> Item:
    """Return the key of a member's profile."""
    return {"pk": f"MEMBER#{member_id}", "sk": "PROFILE"}


def key_of_name(name: str) -> Item:
    """Return the key of a name."""
    return {"pk": f"NAME#{name}", "sk": "NAME"}


def _profile(item: Item) -> Profile:
    expires_on = datetime.fromtimestamp(item["expires_at"], UTC).date().isoformat()
    return msgspec.convert({**item, "expires_on": expires_on}, Profile)
