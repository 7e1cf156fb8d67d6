"""Pushing what waits: as one bundle, to each of a member's devices.

1. What waits becomes a bundle with an id, in one conditional write: from then on each notification is in one
bundle. 2. The bundle goes to each device under its id. A platform shows what comes again under an id in the
place of what was
   there, so that a try which died after a push and before it was written down is not seen twice.
3. The bundle is done.

A try that dies leaves the bundle, which the next one takes up when its time is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from mobile.notifications import reach
from mobile.notifications.models import Bundle
from mobile.notifications.payloads import payload
from mobile.notifications.wording import summary
from shared.faults import Transient
from shared.ids import uuid7
from shared.items import Update

if TYPE_CHECKING:
    from collections.abc import Callable

    from mobile.notifications.devices import Devices
    from mobile.notifications.planning import Planner
    from mobile.notifications.reach import Reach
    from shared.tables import Table

LEASE = 30
"""Seconds for which a bundle is its sender's: longer than the function may take."""
TRIES = 4


class Push(Protocol):
    """The push services."""

    def send(self, endpoint: str, message: str, attributes: dict[str, str]) -> bool:
        """Send a message to an endpoint, and say whether there still is one."""


class Contended(Transient):
    """Notifications came faster than they could be taken, again and again."""


class Sender:
    """Pushes what waits.

    Parameters
    ----------
    table
        NotificationsTable.
    devices
        The members' devices.
    push
        The push services.
    planner
        Plans what cannot be pushed yet.
    clock
        Returns the time in seconds since 1970.
    """

    def __init__(
        self, table: Table, devices: Devices, push: Push, planner: Planner, clock: Callable[[], float]
    ) -> None:
        self._table = table
        self._devices = devices
        self._push = push
        self._planner = planner
        self._clock = clock

    def look(self, member_id: str) -> int:
        """Push what waits for a member, if it is time, and return to how many devices.

        Raises
        ------
        shared.faults.Transient
            When it is to be tried again.
        """
        for _ in range(TRIES):
            found = reach.of(member_id, self._table)
            kept = found.waiting.bundle
            if kept is not None:
                return self._take_up(member_id, kept, found)
            if not found.waiting.counts:
                return 0
            due = self._planner.due(found)
            if due > self._clock():
                self._planner.look(member_id, due)
                return 0
            bundle = self._bundle(found)
            if self._claimed(member_id, bundle, found.waiting.changes):
                return self._deliver(member_id, bundle, found) if bundle else 0
        raise Contended

    def _take_up(self, member_id: str, bundle: Bundle, found: Reach) -> int:
        """Go on with a bundle that another try began, unless that one may be at it, or it is quiet."""
        free = self._planner.heard(found, max(self._clock(), bundle.claimed_at / 1000 + LEASE))
        if free > self._clock():
            self._planner.look(member_id, free)
            return 0
        renewed = msgspec.structs.replace(bundle, claimed_at=self._now())
        refused = self._table.update_if(
            Update(
                key=reach.key_of_waiting(member_id),
                condition="bundle = :before",
                change="SET bundle = :bundle",
                values={":before": msgspec.to_builtins(bundle), ":bundle": msgspec.to_builtins(renewed)},
            )
        )
        return self._deliver(member_id, renewed, found) if refused is None else 0

    def _bundle(self, found: Reach) -> Bundle | None:
        """Return what waits as a bundle: without what the member does not want pushed any more."""
        waiting = found.waiting
        counts = {
            topic: count
            for topic, count in waiting.counts.items()
            if getattr(found.preferences, topic) == "PUSH"
        }
        if not counts:
            return None
        if sum(counts.values()) == 1:
            latest = waiting.latest[next(iter(counts))]
            return Bundle(
                uuid7(), latest.text, self._now(), 1, latest.notification_id, latest.order_id, latest.post_id
            )
        return Bundle(uuid7(), summary(counts), self._now(), sum(counts.values()))

    def _claimed(self, member_id: str, bundle: Bundle | None, changes: int) -> bool:
        """Take what waits out, into the bundle; False when more has come since it was read."""
        out = ", ".join(f"{topic}, {topic}_latest" for topic in reach.ALL_TOPICS)
        given = {":bundle": msgspec.to_builtins(bundle)} if bundle else {}
        taken = ", bundle = :bundle" if bundle else ""
        refused = self._table.update_if(
            Update(
                key=reach.key_of_waiting(member_id),
                condition="changes = :changes",
                change=f"SET changes = :next, pushed_at = :at{taken} REMOVE {out}",
                values={":changes": changes, ":next": changes + 1, ":at": self._now(), **given},
            )
        )
        return refused is None

    def _deliver(self, member_id: str, bundle: Bundle, found: Reach) -> int:
        """Bring a bundle to each device that is the member's and has not got it."""
        reached = set(bundle.reached)
        try:
            for target in found.targets:
                if target.device_id in reached:
                    continue
                if not self._devices.owns(member_id, target.device_id, target.endpoint):
                    self._devices.remove(member_id, target.device_id)
                elif self._push.send(target.endpoint, *payload(bundle)):
                    reached.add(target.device_id)
                else:
                    self._devices.drop(target.endpoint)
        except Transient:
            # Those that have it shall not get it again; and whoever tries next need not wait.
            self._change(
                member_id, bundle, msgspec.structs.replace(bundle, claimed_at=0, reached=sorted(reached))
            )
            raise
        self._change(member_id, bundle, None)
        return len(reached)

    def _change(self, member_id: str, bundle: Bundle, to: Bundle | None) -> None:
        """Put another bundle, or none, in the place of this one; what is another already stays."""
        before = {":before": msgspec.to_builtins(bundle)}
        self._table.update_if(
            Update(
                key=reach.key_of_waiting(member_id),
                condition="bundle = :before",
                change="SET bundle = :bundle" if to else "REMOVE bundle",
                values={**before, **({":bundle": msgspec.to_builtins(to)} if to else {})},
            )
        )

    def _now(self) -> int:
        return int(self._clock() * 1000)
