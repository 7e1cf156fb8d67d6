"""Where members are told: their devices, and the push service's endpoint of each.

In NotificationsTable:

| `pk`, `sk` | holds |
| --- | --- |
| `MEMBER#<member_id>`, `REACH#DEVICE#<device_id>` | `device_id`, `platform`, `endpoint`, two times |
| `ENDPOINT#<endpoint>`, `ENDPOINT` | `member_id`, `device_id`: whose the endpoint is |

A token is one endpoint, and the endpoint's own item says whose it is: of two members who registered one
token, the later one's device is told, from that write on and wherever the other's registration stopped. A
device of which the endpoint is somebody else's is left over, and is removed when it is met.

Both expire when the app was not started for as long as a member is remembered. No token is kept here: SNS has
it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import msgspec

from mobile.notifications.models import Device
from shared.clock import now
from shared.faults import Transient

if TYPE_CHECKING:
    from mobile.notifications.models import NewDevice, Platform
    from shared.items import Item
    from shared.tables import Table

DAY = 24 * 60 * 60
MOST = 10
"""Devices of a member."""
PREFIX = "REACH#DEVICE#"
TRIES = 4


class Endpoints(Protocol):
    """The push services, as registrations see them."""

    def has(self, platform: Platform) -> bool:
        """Say whether there are credentials of a platform."""

    def ready(self, platform: Platform, token: str, known: str | None) -> str:
        """Return the endpoint of a token, enabled: `known` with the token, if it is still there."""

    def delete(self, endpoint: str) -> None:
        """Delete an endpoint; there may be none."""


class Contended(Transient):
    """Others registered the same token at the same time, again and again."""


class Devices:
    """The devices of all members.

    Parameters
    ----------
    table
        NotificationsTable.
    endpoints
        The push services.
    life
        For how many days a device is kept that is not renewed.
    """

    def __init__(self, table: Table, endpoints: Endpoints, life: int) -> None:
        self._table = table
        self._endpoints = endpoints
        self._life = life * DAY

    def of(self, member_id: str) -> list[Device]:
        """Return a member's devices. One Query, strongly consistent."""
        return [_device(item) for item in self._items(member_id)]

    def register(self, member_id: str, device_id: str, new: NewDevice) -> Device:
        """Register a device of a member's, or renew it; twice is once.

        First the push service's endpoint, then whose it is, then the device: a try that stops in between
        tells nobody else, and the next one goes on.

        Raises
        ------
        shared.push.BadToken
            When the platform has no such tokens.
        """
        before = self._table.get(key_of(member_id, device_id), consistent=True) or {}
        kept = before.get("endpoint")
        endpoint = None
        if self._endpoints.has(new.platform):
            known = kept if before.get("platform") == new.platform else None
            endpoint = self._endpoints.ready(new.platform, new.token, known)
            self._take(endpoint, member_id, device_id)
        at = now()
        item: Item = {
            **key_of(member_id, device_id),
            "device_id": device_id,
            "platform": new.platform,
            "registered_at": before.get("registered_at", at),
            "renewed_at": at,
            "expires_at": int(time.time()) + self._life,
            **({"endpoint": endpoint} if endpoint else {}),
        }
        self._table.put_if("attribute_not_exists(pk) OR renewed_at <= :at", item, {":at": at})
        if kept and kept != endpoint:
            self._release(kept, member_id, device_id)
        for oldest in sorted(self._items(member_id), key=lambda one: str(one["renewed_at"]))[:-MOST]:
            self.remove(member_id, oldest["device_id"])
        return _device(item)

    def remove(self, member_id: str, device_id: str) -> None:
        """Remove a device of a member's; there may be none.

        The device goes last: a try that stops before is carried to its end by the next one.
        """
        item = self._table.get(key_of(member_id, device_id), consistent=True)
        if item is None:
            return
        if "endpoint" in item:
            self._release(item["endpoint"], member_id, device_id)
        self._table.delete_if(
            "renewed_at = :renewed_at", key_of(member_id, device_id), {":renewed_at": item["renewed_at"]}
        )

    def drop(self, endpoint: str) -> None:
        """Remove the device of an endpoint that the push service does not deliver to any more."""
        owner = self._table.get(_key_of_endpoint(endpoint), consistent=True)
        if owner:
            self.remove(owner["member_id"], owner["device_id"])
        else:
            self._endpoints.delete(endpoint)

    def owns(self, member_id: str, device_id: str, endpoint: str) -> bool:
        """Say whether an endpoint is this device's. One strongly consistent GetItem."""
        owner = self._table.get(_key_of_endpoint(endpoint), consistent=True)
        return owner is not None and (owner["member_id"], owner["device_id"]) == (member_id, device_id)

    def _items(self, member_id: str) -> list[Item]:
        found = self._table.query(
            ("pk", f"MEMBER#{member_id}"), between=("sk", PREFIX, f"{PREFIX}~"), consistent=True
        )
        return found.items

    def _take(self, endpoint: str, member_id: str, device_id: str) -> None:
        """Make an endpoint this device's, and remove the device that had it."""
        key, expires_at = _key_of_endpoint(endpoint), int(time.time()) + self._life
        item: Item = {**key, "member_id": member_id, "device_id": device_id, "expires_at": expires_at}
        for _ in range(TRIES):
            was = self._table.get(key, consistent=True)
            if was is None:
                refused = self._table.put_if("attribute_not_exists(pk)", item)
            else:
                values = {":member": was["member_id"], ":device": was["device_id"]}
                refused = self._table.put_if("member_id = :member AND device_id = :device", item, values)
            if refused is None:
                break
        else:
            raise Contended
        if was and (was["member_id"], was["device_id"]) != (member_id, device_id):
            left = key_of(was["member_id"], was["device_id"])
            self._table.delete_if("endpoint = :endpoint", left, {":endpoint": endpoint})

    def _release(self, endpoint: str, member_id: str, device_id: str) -> None:
        """Delete an endpoint that is this device's, or nobody's."""
        owner = self._table.delete_if(
            "member_id = :member AND device_id = :device",
            _key_of_endpoint(endpoint),
            {":member": member_id, ":device": device_id},
        )
        if not owner:
            self._endpoints.delete(endpoint)


def key_of(member_id: str, device_id: str) -> Item:
    """Return the key of a device."""
    return {"pk": f"MEMBER#{member_id}", "sk": f"{PREFIX}{device_id}"}


def _key_of_endpoint(endpoint: str) -> Item:
    return {"pk": f"ENDPOINT#{endpoint}", "sk": "ENDPOINT"}


def _device(item: Item) -> Device:
    return msgspec.convert({**item, "pushes": "endpoint" in item}, Device)
