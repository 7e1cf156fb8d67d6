"""Everything that telling members needs, in memory: tables, a queue, schedules, push services and a clock.

Whatever calls them may die: before a call, which then had no effect, or after it, when it had.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import msgspec

from mobile.models import NewPost, NewProfile
from mobile.notifications.devices import Devices
from mobile.notifications.inbox import Inbox
from mobile.notifications.planning import Planner
from mobile.notifications.sending import Sender
from mobile.notifications.telling import Teller
from mobile.posts import Posts
from mobile.profiles import Profiles
from mobile.rules import write
from shared.ids import uuid7
from shared.items import Item, Refused, Update
from shared.tables import Table
from tests.unit.mobile.fakes import FakeContentTable
from tests.unit.mobile.notifications.endpoints import FakeEndpoints
from tests.unit.orders.fakes import Crash

DAYS = 30
PAUSE = 30
VISIBILITY = 150
NAMES = {
    "ada": "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f",
    "grace": "1c9a2f6e-0b7d-4d2e-9f7a-3b5c8d1e2f30",
    "lin": "2d0b3a7f-1c8e-4e3f-8a8b-4c6d9e2f3a41",
}


@dataclass
class Fate:
    """When the caller dies: at which call from now, and whether that still has its effect.

    And who comes in between: before which call from now.
    """

    in_calls: int | None = None
    after: bool = False
    between: Callable[[], Any] | None = None
    between_in: int = 0

    def meet(self, call: Callable[[], Any]) -> Any:
        """Make a call, or die; after whoever comes in between."""
        if self.between is not None:
            self.between_in -= 1
            if self.between_in < 0:
                self.come_between()
        if self.in_calls is None:
            return call()
        self.in_calls -= 1
        if self.in_calls >= 0:
            return call()
        self.in_calls = None
        if self.after:
            call()
        raise Crash

    def come_between(self) -> None:
        """Let somebody else do something, who lives."""
        (between, self.between), (calls, self.in_calls) = (self.between, None), (self.in_calls, None)
        if between is not None:
            between()
        self.in_calls = calls


class MortalTable(FakeContentTable):
    """A table whose callers may die; `on_claim` is told what waited, and the bundle that was made of it."""

    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self.fate = fate
        self.on_claim: Callable[[str, Item, Item | None], None] = lambda *_: None

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        found: Item | None = self.fate.meet(lambda: FakeContentTable.get(self, key, consistent=consistent))
        return found

    def query(self, *asked: Any, **more: Any) -> Any:
        return self.fate.meet(lambda: FakeContentTable.query(self, *asked, **more))

    def put_if(self, *asked: Any, **more: Any) -> Any:
        return self.fate.meet(lambda: FakeContentTable.put_if(self, *asked, **more))

    def delete_if(self, *asked: Any, **more: Any) -> Any:
        return self.fate.meet(lambda: FakeContentTable.delete_if(self, *asked, **more))

    def update_if(self, update: Update) -> Any:
        return self.fate.meet(lambda: FakeContentTable.update_if(self, update))

    def update_all(self, updates: Any) -> Refused | None:
        listed = list(updates)
        refused: Refused | None = self.fate.meet(lambda: FakeContentTable.update_all(self, listed))
        return refused

    def _change(self, update: Update) -> None:
        if " REMOVE orders" in update.change:
            waited = copy.deepcopy(self.items[self._key(update.key)])
            self.on_claim(update.key["pk"].removeprefix("MEMBER#"), waited, update.values.get(":bundle"))
        super()._change(update)


class Queue:
    """A queue: what was sent, and when it may be received."""

    def __init__(self, fate: Fate, clock: Callable[[], float]) -> None:
        self.fate, self.clock = fate, clock
        self.messages: list[tuple[float, Any]] = []

    def send(self, message: msgspec.Struct, delay: int) -> None:
        assert 0 <= delay <= 900
        self.fate.meet(lambda: self.messages.append((self.clock() + delay, message)))

    def due(self) -> list[tuple[float, Any]]:
        return [one for one in self.messages if one[0] <= self.clock()]


class Schedules:
    """Schedules by their names, which send to the queue."""

    def __init__(self, fate: Fate, queue: Queue) -> None:
        self.fate, self.queue = fate, queue
        self.names: set[str] = set()

    def at(self, moment: datetime, name: str, message: msgspec.Struct) -> None:
        def schedule() -> None:
            if name not in self.names:
                self.names.add(name)
                self.queue.messages.append((moment.timestamp(), message))

        assert moment.timestamp() > self.queue.clock()
        self.fate.meet(schedule)


class Pushes(FakeEndpoints):
    """Push services, and the devices behind: what each endpoint shows, by the id that replaces."""

    def __init__(self, fate: Fate, clock: Callable[[], float]) -> None:
        super().__init__()
        self.fate, self.clock = fate, clock
        self.shown: dict[str, dict[str, str]] = {}
        self.sent: list[tuple[str, str, float]] = []

    def send(self, endpoint: str, message: str, attributes: dict[str, str]) -> bool:
        bundle_id = attributes["AWS.SNS.MOBILE.APNS.COLLAPSE_ID"]
        google = json.loads(json.loads(message)["GCM"])["fcmV1Message"]["message"]
        assert google["android"]["collapse_key"] == bundle_id == google["data"]["bundle_id"]

        def show() -> bool:
            if endpoint not in self.tokens or endpoint in self.disabled:
                return False
            before = self.shown.setdefault(endpoint, {}).setdefault(bundle_id, message)
            assert before == message, "what comes again is the same"
            self.sent.append((endpoint, bundle_id, self.clock()))
            return True

        there: bool = self.fate.meet(show)
        return there


@dataclass
class World:
    """Members with names, and all that tells them."""

    now: float = 1_795_253_400.0  # 2026-11-21T09:30Z
    fate: Fate = field(default_factory=Fate)

    def __post_init__(self) -> None:
        clock = self.clock
        self.content = FakeContentTable()
        self.notifications = MortalTable(self.fate)
        self.queue = Queue(self.fate, clock)
        self.schedules = Schedules(self.fate, self.queue)
        self.pushes = Pushes(self.fate, clock)
        table, content = cast(Table, self.notifications), cast(Table, self.content)
        planner = Planner(self.schedules, self.queue, PAUSE, clock)
        self.teller = Teller(table, content, planner, DAYS, clock, lambda _: None)
        self.devices = Devices(table, self.pushes, 730)
        self.sender = Sender(table, self.devices, self.pushes, planner, clock)
        self.inbox = Inbox(table, DAYS)
        self.posts = Posts(content)
        profiles = Profiles(content, 730)
        for name, member in NAMES.items():
            profiles.create(member, NewProfile(name, name.title()))

    def clock(self) -> float:
        return self.now

    def post(self, author: str, text: str, in_reply_to: str | None = None) -> str:
        """Post for a member, and return the post's id."""
        made = write(
            NewPost(text, in_reply_to=in_reply_to),
            uuid7(),
            (NAMES[author], author),
            "2026-11-21T09:30:00.000Z",
        )
        self.posts.add(made)
        return made.post_id

    def addressed(self, post_id: str) -> tuple[str, dict[str, Any]]:
        """Return the event that a post made."""
        return "PostAddressed", {"post_id": post_id}

    def order(self, member: str, status: str = "CONFIRMED") -> tuple[str, dict[str, Any]]:
        """Return the event of an order that ended."""
        order_id = uuid7()
        detail = {
            "event_id": f"{order_id}.{status}",
            "order_id": order_id,
            "member_id": NAMES[member],
            "occurred_at": "2026-11-21T09:30:00.000Z",
        }
        return f"Order{status.title()}", detail

    def waiting(self, member: str) -> Item:
        """Return the item of what waits for a member."""
        return copy.deepcopy(self.notifications.items.get((f"MEMBER#{NAMES[member]}", "REACH#WAITING"), {}))

    def run(self) -> None:
        """Let everything that is due happen, and what comes due of it, until nothing is left."""
        for _ in range(500):
            if not self.queue.messages:
                return
            self.queue.messages.sort(key=lambda one: one[0])
            at, message = self.queue.messages.pop(0)
            self.now = max(self.now, at)
            self.sender.look(message.member_id)
        raise AssertionError("it does not come to an end")
