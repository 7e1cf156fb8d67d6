"""After any sequence of events, duplicates, crashes, changes of mind and quiet hours: at most one
push an event, none lost but by preference, and inboxes and counts as a plain model has them.
"""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from mobile.models import PostChange
from mobile.notifications import preferences, quiet
from mobile.notifications.models import (
    Channel,
    NewDevice,
    Notification,
    PreferencesChange,
    QuietHours,
    Topic,
)
from mobile.notifications.reach import ALL_TOPICS
from shared.tables import Table
from tests.unit.mobile.notifications.world import NAMES, VISIBILITY, World
from tests.unit.orders.fakes import Crash

MEMBERS = st.sampled_from(sorted(NAMES))
CHANNELS = st.sampled_from(["PUSH", "PUSH", "INBOX", "NONE"])
HOURS = st.sampled_from(
    [
        None,
        QuietHours("22:00", "07:00", "Europe/Vienna"),
        QuietHours("09:00", "17:30", "Asia/Kathmandu"),
        QuietHours("10:35", "10:36", "Europe/Vienna"),
    ]
)
DEVICES = ["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"]
TOKENS = ["token-of-a-phone-0001", "token-of-a-phone-0002", "token-of-a-phone-0003"]

Event = tuple[str, dict[str, Any]]


class Telling(RuleBasedStateMachine):
    """Members, events, devices and a clock; whoever handles something may die in it."""

    posts = Bundle("posts")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.events: list[Event] = []
        # The model: what was decided for a member about an event, and as what it is kept.
        self.decided: dict[tuple[str, str], tuple[Topic, Channel] | None] = {}
        self.read: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.pushed: dict[str, Counter[str]] = {member: Counter() for member in NAMES}
        self.world.notifications.on_claim = self.claimed

    # What happens in the world ----------------------------------------------------------------------------

    @rule(target=posts, author=MEMBERS, named=st.sets(MEMBERS), to=st.none() | posts)
    def post(self, author: str, named: set[str], to: str | None) -> str:
        post = self.world.post(author, " ".join(f"@{name}" for name in sorted(named)) or "hello", to)
        self.events.append(self.world.addressed(post))
        return post

    @rule(post=posts, visibility=st.sampled_from(["private", "public"]))
    def hide_or_show(self, post: str, visibility: Any) -> None:
        item = self.world.content.items["POST#" + post, "POST"]
        change = PostChange(item["text"], visibility=visibility)
        self.world.posts.change(item["author_id"], post, item["version"], change)
        self.events.append(self.world.addressed(post))

    @rule(member=MEMBERS, status=st.sampled_from(["CONFIRMED", "REJECTED"]))
    def order(self, member: str, status: str) -> None:
        self.events.append(self.world.order(member, status))

    @rule(member=MEMBERS, orders=CHANNELS, mentions=CHANNELS, replies=CHANNELS, quiet_hours=HOURS)
    def choose(self, member: str, **chosen: Any) -> None:
        table = cast(Table, self.world.notifications)
        before = self.calmly(lambda: preferences.get(NAMES[member], table))
        with contextlib.suppress(Crash):
            preferences.change(NAMES[member], before.version, PreferencesChange(**chosen), table)

    @rule(member=MEMBERS, device=st.sampled_from(DEVICES), token=st.sampled_from(TOKENS))
    def register(self, member: str, device: str, token: str) -> None:
        with contextlib.suppress(Crash):
            self.world.devices.register(NAMES[member], device, NewDevice("FCM", token))

    @rule(member=MEMBERS, device=st.sampled_from(DEVICES))
    def sign_out(self, member: str, device: str) -> None:
        with contextlib.suppress(Crash):
            self.world.devices.remove(NAMES[member], device)

    @rule(token=st.sampled_from(TOKENS))
    def uninstall(self, token: str) -> None:
        self.world.pushes.disabled |= {
            endpoint for endpoint, has in self.world.pushes.tokens.items() if has == token
        }

    @rule(seconds=st.sampled_from([1, 29, 31, 600, 3600, 8 * 3600]))
    def wait(self, seconds: int) -> None:
        self.world.now += seconds

    @rule(calls=st.integers(0, 8), after=st.booleans())
    def doom(self, calls: int, after: bool) -> None:
        """Whoever handles something next dies in it, or the one after, ..."""
        self.world.fate.in_calls, self.world.fate.after = calls, after

    @rule(calls=st.integers(0, 6), data=st.data())
    def race(self, calls: int, data: st.DataObject) -> None:
        """Before a call of whoever handles something next, another handles an event or looks at a member."""
        member = data.draw(MEMBERS)
        between = functools.partial(self.push, NAMES[member])
        tells: bool = data.draw(st.booleans())
        if tells and self.events:
            between = functools.partial(self.tell, data.draw(st.sampled_from(self.events)))
        self.world.fate.between, self.world.fate.between_in = between, calls

    # Who handles it ---------------------------------------------------------------------------------------

    @rule(data=st.data())
    def handle(self, data: st.DataObject) -> None:
        """Handle any event, in any order, as often as one likes."""
        if self.events:
            self.tell(data.draw(st.sampled_from(self.events)))

    @rule(data=st.data(), again=st.booleans())
    def look(self, data: st.DataObject, again: bool) -> None:
        """Receive any message that is due; it may come again all the same."""
        if due := self.world.queue.due():
            message = data.draw(st.sampled_from(due))
            done = self.push(message[1].member_id)
            self.world.queue.messages.remove(message)
            if again or not done:
                self.world.queue.messages.append((self.world.now + VISIBILITY, message[1]))

    @rule(member=MEMBERS, data=st.data())
    def read_one(self, member: str, data: st.DataObject) -> None:
        notes = self.calmly(lambda: self.world.inbox.page(NAMES[member], 99, None)[0])
        if notes:
            note = data.draw(st.sampled_from(notes))
            self.read[member] += not note.read
            self.calmly(lambda: self.world.inbox.read(NAMES[member], note.notification_id))

    def tell(self, event: Event) -> bool:
        """Have an event handled, and let the model decide for those for whom it was decided."""
        if getattr(self.world.fate.between, "func", None) == self.push:
            self.world.fate.come_between()  # it may remove devices, so not while the model looks at them
        expected = self.expected(event)
        try:
            self.world.teller.tell(*event)
        except Crash:
            done = False
        else:
            done = True
        for key, decision in expected.items():
            member, name = key
            if (f"MEMBER#{NAMES[member]}", f"EVENT#{name}") in self.world.notifications.items:
                self.decided.setdefault(key, decision)
            else:
                assert not done
        return done

    def expected(self, event: Event) -> dict[tuple[str, str], tuple[Topic, Channel] | None]:
        """Return by a plain reading of the rules what is decided for whom."""
        kind, detail = event
        names = {member: name for name, member in NAMES.items()}
        choices: dict[str, list[Topic]] = {}
        if kind == "PostAddressed":
            called = f"post.{detail['post_id']}"
            post = self.world.content.items["POST#" + detail["post_id"], "POST"]
            author = names[post["author_id"]]
            if post["visibility"] == "public":
                if to := post.get("in_reply_to"):
                    parent = self.world.content.items["POST#" + to, "POST"]
                    choices[names[parent["author_id"]]] = ["replies"]
                for name in post["mentions"]:
                    choices.setdefault(name, []).append("mentions")
            choices.pop(author, None)
        else:
            called, choices = f"order.{detail['event_id']}", {names[detail["member_id"]]: ["orders"]}
        return {(member, called): self.decision(member, topics) for member, topics in choices.items()}

    def decision(self, member: str, topics: list[Topic]) -> tuple[Topic, Channel] | None:
        chosen = self.calmly(lambda: preferences.get(NAMES[member], cast(Table, self.world.notifications)))
        reachable = any(device.pushes for device in self.calmly(lambda: self.world.devices.of(NAMES[member])))
        for topic in topics:
            channel: Channel = getattr(chosen, topic)
            if channel != "NONE":
                return topic, channel if reachable else "INBOX"
        return None

    def push(self, member_id: str) -> bool:
        """Have a member looked at; what of that the member does not want any more is dropped."""
        chosen = self.calmly(lambda: preferences.get(member_id, cast(Table, self.world.notifications)))
        sent = len(self.world.pushes.sent)
        try:
            self.world.sender.look(member_id)
        except Crash:
            done = False
        else:
            done = True
        if len(self.world.pushes.sent) > sent:
            now = datetime.fromtimestamp(self.world.now, UTC)
            assert quiet.end_of(chosen.quiet_hours, now) is None, "quiet hours are quiet"
        return done

    def claimed(self, member_id: str, waited: dict[str, Any], bundle: dict[str, Any] | None) -> None:
        """What waited is in the bundle, but for what the member does not want pushed any more."""
        (member,) = (name for name, one in NAMES.items() if one == member_id)
        chosen = self.calmly(lambda: preferences.get(member_id, cast(Table, self.world.notifications)))
        wanted = [topic for topic in ALL_TOPICS if getattr(chosen, topic) == "PUSH"]
        count = sum(waited.get(topic, 0) for topic in wanted)
        assert (bundle["count"] if bundle else 0) == count
        assert "bundle" not in waited
        self.dropped[member] += sum(waited.get(topic, 0) for topic in ALL_TOPICS) - count
        if bundle:
            assert bundle["bundle_id"] not in self.pushed[member]
            self.pushed[member][bundle["bundle_id"]] = count

    def looked(self, member_id: str) -> tuple[list[Notification], int]:
        """Return a member's inbox and the count of what is unread."""
        return self.world.inbox.page(member_id, 99, None)[0], self.world.inbox.unread(member_id)

    def calmly(self, look: Callable[[], Any]) -> Any:
        """Look without dying."""
        fate = self.world.fate
        (calls, fate.in_calls), (between, fate.between) = (fate.in_calls, None), (fate.between, None)
        try:
            return look()
        finally:
            fate.in_calls, fate.between = calls, between

    # What holds -------------------------------------------------------------------------------------------

    @invariant()
    def inboxes_are_as_the_model_has_them(self) -> None:
        for member, member_id in NAMES.items():
            page, unread = self.calmly(functools.partial(self.looked, member_id))
            topics = {"ORDER_CONFIRMED": "orders", "ORDER_REJECTED": "orders", "MENTION": "mentions"}
            mine = {name: made for (whose, name), made in self.decided.items() if whose == member and made}
            told = Counter(
                (topics.get(note.kind, "replies"), f"post.{note.post_id}" if note.post_id else note.order_id)
                for note in page
            )
            kept = Counter(
                (topic, name if name.startswith("post.") else name.split(".")[1])
                for name, (topic, _) in mine.items()
            )
            assert told == kept
            assert unread == len(mine) - self.read[member]

    @invariant()
    def each_event_to_be_pushed_waits_or_is_in_one_bundle_or_was_not_wanted(self) -> None:
        for member in NAMES:
            pushed = self.pushed[member].total()
            waiting = sum(self.world.waiting(member).get(topic, 0) for topic in ALL_TOPICS)
            wanted = [made for (whose, _), made in self.decided.items() if whose == member and made]
            to_push = sum(channel == "PUSH" for _, channel in wanted)
            assert pushed + waiting + self.dropped[member] == to_push

    def teardown(self) -> None:
        """In the end, all that happened is told, and all that waited has gone out."""
        self.world.fate.in_calls = self.world.fate.between = None
        for event in self.events:
            assert self.tell(event)
        self.inboxes_are_as_the_model_has_them()
        for _ in range(500):
            if not self.world.queue.messages:
                break
            self.world.queue.messages.sort(key=lambda one: one[0])
            at, message = self.world.queue.messages.pop(0)
            self.world.now = max(self.world.now, at)
            assert self.push(message.member_id)
        assert not self.world.queue.messages
        self.each_event_to_be_pushed_waits_or_is_in_one_bundle_or_was_not_wanted()
        for member in NAMES:
            left = self.world.waiting(member)
            assert not [topic for topic in (*ALL_TOPICS, "bundle") if left.get(topic)]


TestAnySequence = Telling.TestCase
TestAnySequence.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
