"""The operations of the functions `inbox` and `register_device`: a request in, an answer out.

Each method is one operation of functions/mobile/openapi.yaml, and all of them are about the caller's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mobile.notifications import preferences
from mobile.notifications.models import (
    DeviceList,
    NewDevice,
    NotificationPage,
    PreferencesChange,
    ReadUntil,
    Unread,
)
from mobile.operations import ChangeHeaders, PageQuery, ReadHeaders
from shared.cursors import Cursors
from shared.http import Response, current_response, expected_version, json_response, version_tag
from shared.problems import BadRequest, FieldError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mobile.notifications.devices import Devices
    from mobile.notifications.inbox import Inbox
    from shared.http import Request
    from shared.tables import Table

    Routes = dict[str, Callable[[Request], Response]]

_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NOTHING = Response(204, "", {})


class NoDeviceId(BadRequest):
    """The path names no device."""

    def __init__(self) -> None:
        super().__init__("A device's id is a UUID.", [FieldError("device_id", "is no UUID in small letters")])


class Notifications:
    """What members were told, and how they want to be.

    Parameters
    ----------
    inbox
        Where what they were told is kept.
    table
        NotificationsTable, for their preferences.
    cursor_key
        What cursors are signed with.
    """

    def __init__(self, inbox: Inbox, table: Table, cursor_key: str) -> None:
        self._inbox = inbox
        self._table = table
        self._cursors = Cursors(cursor_key, "listNotifications")

    @property
    def routes(self) -> Routes:
        """Every operation, by its method and path in the contract."""
        return {
            "GET /notifications": self.list_notifications,
            "GET /notifications/unread": self.count_unread,
            "PUT /notifications/read": self.read_all,
            "PUT /notifications/{notification_id}/read": self.read_one,
            "GET /notifications/preferences": self.get_preferences,
            "PUT /notifications/preferences": self.change_preferences,
        }

    def list_notifications(self, request: Request) -> Response:
        """List what the member was told, newest first."""
        query, caller = request.query(PageQuery), request.caller.id
        after = None if query.cursor is None else str(self._cursors.read(caller, query.cursor)["after"])
        notes, last = self._inbox.page(caller, query.limit, after)
        more = self._cursors.issue(caller, {"after": last}) if last else None
        return json_response(200, NotificationPage(notes, more))

    def count_unread(self, request: Request) -> Response:
        """Count what the member has not read."""
        return json_response(200, Unread(self._inbox.unread(request.caller.id)))

    def read_all(self, request: Request) -> Response:
        """Mark all up to one as read."""
        self._inbox.read_all(request.caller.id, request.json(ReadUntil).until)
        return _NOTHING

    def read_one(self, request: Request) -> Response:
        """Mark one as read."""
        self._inbox.read(request.caller.id, request.path_parameter("notification_id"))
        return _NOTHING

    def get_preferences(self, request: Request) -> Response:
        """Read how the member wants to be told."""
        found = preferences.get(request.caller.id, self._table)
        return current_response(found, request.headers(ReadHeaders).if_none_match, version=found.version)

    def change_preferences(self, request: Request) -> Response:
        """Choose how to be told."""
        version = expected_version(request.headers(ChangeHeaders).if_match)
        chosen = request.json(PreferencesChange)
        after = preferences.change(request.caller.id, version, chosen, self._table)
        return json_response(200, after, {"ETag": version_tag(after.version)})


class OwnDevices:
    """The devices that members are told on.

    Parameters
    ----------
    devices
        Where they are kept.
    """

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    @property
    def routes(self) -> Routes:
        """Every operation, by its method and path in the contract."""
        return {
            "GET /devices": self.list_devices,
            "PUT /devices/{device_id}": self.register_device,
            "DELETE /devices/{device_id}": self.remove_device,
        }

    def list_devices(self, request: Request) -> Response:
        """List the member's devices."""
        return json_response(200, DeviceList(self._devices.of(request.caller.id)))

    def register_device(self, request: Request) -> Response:
        """Register a device, or renew it."""
        device_id, new = _device_id(request), request.json(NewDevice)
        return json_response(200, self._devices.register(request.caller.id, device_id, new))

    def remove_device(self, request: Request) -> Response:
        """Remove a device."""
        self._devices.remove(request.caller.id, _device_id(request))
        return _NOTHING


def _device_id(request: Request) -> str:
    device_id = request.path_parameter("device_id")
    if not re.fullmatch(_UUID, device_id):
        raise NoDeviceId
    return device_id
