"""What a member who is forgotten leaves here: devices, preferences and the inbox.

That an event was decided, up to where all is read and what waits to be pushed go by themselves, as they
expire.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mobile.notifications import preferences
from mobile.notifications.inbox import range_of_notes
from shared.faults import Transient
from shared.ids import first_uuid7

if TYPE_CHECKING:
    from mobile.notifications.devices import Devices
    from shared.tables import Table

PAGE = 25  # as many as one BatchWriteItem takes
MOST_PAGES = 200  # of one try: 5,000 notifications


class NotDone(Transient):
    """There is more to remove than one try does: the next one goes on."""


def forget(member_id: str, expired_at: int, table: Table, devices: Devices) -> None:
    """Remove what a member has here from before their profile expired; twice is once.

    For each 25 notifications one Query and one BatchWriteItem; for each device as `Devices.remove`. A device
    that was renewed since, and what was told since, stays: the member is back.

    Parameters
    ----------
    member_id, expired_at
        Who is forgotten, and when the profile expired, in seconds since 1970.
    table
        NotificationsTable.
    devices
        The members' devices.

    Raises
    ------
    NotDone
        When there are more than 5,000 notifications left.
    """
    expired = datetime.fromtimestamp(expired_at, UTC).isoformat(timespec="milliseconds")
    for device in devices.of(member_id):
        if device.renewed_at < expired.replace("+00:00", "Z"):
            devices.remove(member_id, device.device_id)
    table.delete_all([preferences.key_of(member_id)])
    for _ in range(MOST_PAGES):
        page = table.query(
            ("pk", f"MEMBER#{member_id}"), between=range_of_notes(first_uuid7(expired_at)), limit=PAGE
        )
        table.delete_all([{"pk": item["pk"], "sk": item["sk"]} for item in page.items])
        if page.last_key is None:
            return
    raise NotDone
