"""How a member can be reached at a moment, and what waits to be pushed to them.

All that has to be known is in one range of the member's partition of NotificationsTable, and so in one Query:

| `pk`, `sk` | holds |
| --- | --- |
| `MEMBER#<member_id>`, `REACH#DEVICE#<device_id>` | `mobile.notifications.devices` |
| `MEMBER#<member_id>`, `REACH#PREFERENCES` | `mobile.notifications.preferences` |
| `MEMBER#<member_id>`, `REACH#WAITING` | what waits: below |

| attribute | holds |
| --- | --- |
| `changes` | goes up with each notification that waits, and each bundle that is taken from them |
| `orders`, `mentions`, `replies` | how many wait |
| `orders_latest` and so on | the newest of them: `models.Latest` |
| `pushed_at` | when the last bundle was taken, in milliseconds since 1970 |
| `bundle` | `models.Bundle`, from when it is taken until all devices have it |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import msgspec

from mobile.notifications import devices, preferences
from mobile.notifications.models import Bundle, Latest, Preferences, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.items import Item
    from shared.tables import Table

ALL_TOPICS: tuple[Topic, ...] = get_args(Topic)


class Target(msgspec.Struct, frozen=True):
    """A device that pushes reach: its id, and its endpoint at the push service."""

    device_id: str
    endpoint: str


class Waiting(msgspec.Struct, frozen=True):
    """What waits to be pushed to a member: how many of each topic, and the newest of each."""

    changes: int = 0
    counts: dict[Topic, int] = {}
    latest: dict[Topic, Latest] = {}
    pushed_at: int = 0
    bundle: Bundle | None = None


class Reach(msgspec.Struct, frozen=True):
    """A member's preferences, the devices that pushes reach, and what waits."""

    preferences: Preferences
    targets: list[Target]
    waiting: Waiting


def of(member_id: str, table: Table) -> Reach:
    """Return how a member can be reached. One Query, strongly consistent."""
    found = table.query(("pk", f"MEMBER#{member_id}"), between=("sk", "REACH#", "REACH#~"), consistent=True)
    return _reach(found.items)


def key_of_waiting(member_id: str) -> Item:
    """Return the key of what waits."""
    return {"pk": f"MEMBER#{member_id}", "sk": "REACH#WAITING"}


def _reach(items: Iterable[Item]) -> Reach:
    chosen, waiting, targets = preferences.DEFAULT, Waiting(), []
    for item in items:
        if item["sk"] == preferences.SORT_KEY:
            chosen = preferences.of_item(item)
        elif item["sk"].startswith(devices.PREFIX):
            if "endpoint" in item:
                targets.append(Target(item["device_id"], item["endpoint"]))
        else:
            waiting = _waiting(item)
    return Reach(chosen, targets, waiting)


def _waiting(item: Item) -> Waiting:
    waits = [topic for topic in ALL_TOPICS if item.get(topic)]
    plain: Item = {name: item[name] for name in ("changes", "pushed_at", "bundle") if name in item}
    plain["counts"] = {topic: item[topic] for topic in waits}
    plain["latest"] = {topic: item[f"{topic}_latest"] for topic in waits}
    return msgspec.convert(plain, Waiting)
