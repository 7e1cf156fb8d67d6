"""Who is told what, where, and when: one event at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mobile.notifications import preferences
from mobile.notifications.models import NewDevice, PreferencesChange, QuietHours
from mobile.notifications.wording import summary
from tests.unit.mobile.notifications.world import NAMES, PAUSE, World
from tests.unit.orders.fakes import Crash

ADA, GRACE, LIN = (NAMES[name] for name in ("ada", "grace", "lin"))
PHONE = "0f8fad5b-d9cb-469f-a165-70867728950e"
TABLET = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
NIGHT = QuietHours("22:00", "07:00", "Europe/Vienna")


@pytest.fixture
def world() -> World:
    """Members of whom Ada has a phone."""
    world = World()
    world.devices.register(ADA, PHONE, NewDevice("FCM", "token-of-adas-phone"))
    return world


def choose(world: World, member: str, **chosen: object) -> None:
    """Change a member's preferences."""
    before = preferences.get(member, world.notifications)  # type: ignore[arg-type]
    change = PreferencesChange(**chosen)  # type: ignore[arg-type]
    preferences.change(member, before.version, change, world.notifications)  # type: ignore[arg-type]


def shown(world: World) -> list[str]:
    """Return what devices show, in the order in which it first came."""
    texts = []
    for messages in world.pushes.shown.values():
        texts += [json.loads(message)["default"] for message in messages.values()]
    return texts


def told(world: World, member: str) -> list[str]:
    """Return what is in an inbox, the oldest first."""
    return [note.text for note in world.inbox.page(member, 99, None)[0]][::-1]


def test_an_order_that_ends_is_told_to_its_member(world: World) -> None:
    world.teller.tell(*world.order("ada"))
    world.teller.tell(*world.order("ada", "REJECTED"))
    world.run()

    assert told(world, ADA) == ["Your order is confirmed.", "Your order could not be carried out."]
    assert told(world, GRACE) == []
    assert shown(world) == ["2 updates of orders"]


def test_a_reply_and_mentions_are_told_once_each_and_nothing_of_the_text(world: World) -> None:
    first = world.post("ada", "a teapot")
    reply = world.post("grace", "my secret for @ada and @lin and @grace and @nobody_here", first)

    for _ in range(2):
        world.teller.tell(*world.addressed(reply))
    world.run()

    assert told(world, ADA) == ["grace replied to your post."]
    assert told(world, LIN) == ["grace mentioned you."]
    assert told(world, GRACE) == []
    assert shown(world) == ["grace replied to your post."]
    assert "secret" not in str(world.notifications.items) + str(world.pushes.shown)


def test_who_wants_no_replies_is_told_of_the_mention_in_one(world: World) -> None:
    choose(world, ADA, replies="NONE", mentions="INBOX")
    first = world.post("ada", "a teapot")

    world.teller.tell(*world.addressed(world.post("grace", "for @ada", first)))
    world.run()

    assert told(world, ADA) == ["grace mentioned you."]
    assert shown(world) == []


def test_what_is_private_by_now_or_gone_is_told_to_nobody(world: World) -> None:
    from mobile.models import PostChange  # noqa: PLC0415 - here alone

    hidden, removed = world.post("grace", "for @ada"), world.post("grace", "for @ada")
    world.posts.change(GRACE, hidden, 1, PostChange("for @ada", visibility="private"))
    world.posts.remove(removed)

    for post in (hidden, removed):
        world.teller.tell(*world.addressed(post))

    assert told(world, ADA) == []


def test_a_preference_of_none_is_decided_once(world: World) -> None:
    choose(world, ADA, orders="NONE")
    event = world.order("ada")
    world.teller.tell(*event)
    choose(world, ADA)

    world.teller.tell(*event)
    world.run()

    assert (told(world, ADA), shown(world)) == ([], [])


def test_the_first_goes_out_at_once_and_a_burst_after_it_as_one(world: World) -> None:
    world.teller.tell(*world.order("ada"))
    world.run()
    first = world.post("ada", "a teapot")
    for _ in range(5):
        world.teller.tell(*world.addressed(world.post("grace", "nice", first)))
    began = world.now
    world.run()

    assert shown(world) == ["Your order is confirmed.", "5 replies"]
    assert world.now == began + PAUSE
    assert len(told(world, ADA)) == 6


def test_what_happens_in_quiet_hours_goes_out_as_one_when_they_end(world: World) -> None:
    choose(world, ADA, quiet_hours=NIGHT)
    world.now = datetime(2026, 11, 21, 21, 30, tzinfo=UTC).timestamp()  # 22:30 in Vienna
    first = world.post("ada", "a teapot")
    for _ in range(2):
        world.teller.tell(*world.addressed(world.post("grace", "nice", first)))
    world.teller.tell(*world.order("ada"))
    assert len(told(world, ADA)) == 3

    world.run()

    assert shown(world) == ["1 update of an order and 2 replies"]
    assert datetime.fromtimestamp(world.now, UTC) == datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    assert len(world.schedules.names) == 1  # however many are held


def test_what_is_held_and_not_wanted_any_more_is_not_pushed(world: World) -> None:
    choose(world, ADA, quiet_hours=NIGHT)
    world.now = datetime(2026, 11, 21, 21, 30, tzinfo=UTC).timestamp()
    world.teller.tell(*world.order("ada"))
    choose(world, ADA, quiet_hours=NIGHT, orders="INBOX")
    world.run()

    assert (shown(world), world.waiting("ada").get("orders")) == ([], None)
    assert told(world, ADA) == ["Your order is confirmed."]


def test_without_devices_nothing_waits(world: World) -> None:
    world.teller.tell(*world.order("grace"))

    assert told(world, GRACE) == ["Your order is confirmed."]
    assert (world.waiting("grace"), world.queue.messages) == ({}, [])


def test_a_disabled_endpoint_goes_and_the_others_are_told(world: World) -> None:
    world.devices.register(ADA, TABLET, NewDevice("APNS", "a" * 64))
    world.pushes.disabled.add(next(iter(world.pushes.tokens)))

    world.teller.tell(*world.order("ada"))
    world.run()

    assert [device.device_id for device in world.devices.of(ADA)] == [TABLET]
    assert shown(world) == ["Your order is confirmed."]


def test_a_token_that_moved_to_another_member_shows_nothing_of_the_firsts(world: World) -> None:
    world.teller.tell(*world.order("ada"))
    world.devices.register(GRACE, PHONE, NewDevice("FCM", "token-of-adas-phone"))
    world.run()

    assert shown(world) == []
    assert told(world, ADA) == ["Your order is confirmed."]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", range(12))
def test_whoever_dies_wherever_one_push_is_shown(world: World, calls: int, after: bool) -> None:
    event = world.order("ada")
    world.fate.in_calls, world.fate.after = calls, after
    for _ in range(4):  # as the queues bring it again
        try:
            world.teller.tell(*event)
        except Crash:
            continue
        break
    for _ in range(4):
        try:
            world.sender.look(ADA)
        except Crash:
            world.now += 150
            continue
        break
    world.fate.in_calls = None  # where it takes fewer calls
    world.run()

    assert told(world, ADA) == ["Your order is confirmed."]
    assert shown(world) == ["Your order is confirmed."]
    assert "bundle" not in world.waiting("ada")


def test_a_bundle_that_another_is_at_is_left_to_it_for_a_while(world: World) -> None:
    world.teller.tell(*world.order("ada"))
    world.fate.in_calls = 2  # after the claim
    with pytest.raises(Crash):
        world.sender.look(ADA)
    assert "bundle" in world.waiting("ada")
    world.fate.in_calls = None

    assert world.sender.look(ADA) == 0
    world.run()

    assert shown(world) == ["Your order is confirmed."]


def test_a_summary_counts_by_kind() -> None:
    assert summary({"replies": 5}) == "5 replies"
    assert (
        summary({"orders": 1, "replies": 2, "mentions": 1}) == "1 update of an order, 2 replies and 1 mention"
    )
