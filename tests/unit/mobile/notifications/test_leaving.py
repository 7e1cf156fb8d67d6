"""A member who is forgotten leaves no device, no preferences and no notification; others keep theirs."""

from __future__ import annotations

from typing import cast

import pytest

from mobile.notifications import leaving, preferences
from mobile.notifications.leaving import NotDone, forget
from mobile.notifications.models import NewDevice, PreferencesChange
from shared.ids import first_uuid7
from shared.tables import Table
from tests.unit.mobile.notifications.world import NAMES, World
from tests.unit.orders.fakes import Crash

ADA, GRACE = NAMES["ada"], NAMES["grace"]
PHONE = "0f8fad5b-d9cb-469f-a165-70867728950e"
LATER = 4_000_000_000


@pytest.fixture
def world() -> World:
    """Two members, each with a device, preferences and some notifications."""
    world = World()
    for number, member in enumerate(("ada", "grace")):
        world.devices.register(NAMES[member], PHONE, NewDevice("FCM", f"token-of-phone-{number:04}"))
        table = cast(Table, world.notifications)
        preferences.change(NAMES[member], 1, PreferencesChange(replies="INBOX"), table)
        for _ in range(30):
            world.teller.tell(*world.order(member))
    return world


def left(world: World, member: str) -> set[str]:
    """Return what there is of a member, but for what expires by itself."""
    kinds = {sk.partition("#")[0] for pk, sk in world.notifications.items if pk == f"MEMBER#{member}"}
    if (f"MEMBER#{member}", "REACH#WAITING") in world.notifications.items:
        kinds |= {
            sk
            for pk, sk in world.notifications.items
            if pk == f"MEMBER#{member}" and sk.startswith("REACH#") and sk != "REACH#WAITING"
        }
        kinds -= {"REACH"}
    return kinds - {"EVENT"}


def test_nothing_is_left_but_what_expires_by_itself(world: World) -> None:
    others = {key: item for key, item in world.notifications.items.items() if GRACE in key[0]}

    for _ in range(2):
        forget(ADA, LATER, cast(Table, world.notifications), world.devices)

    assert left(world, ADA) == set()
    assert others == {key: item for key, item in world.notifications.items.items() if GRACE in key[0]}
    assert list(world.pushes.tokens.values()) == ["token-of-phone-0001"]


@pytest.mark.parametrize("calls", range(0, 14, 2))
def test_a_try_that_dies_is_finished_by_the_next(world: World, calls: int) -> None:
    world.fate.in_calls = calls
    try:
        forget(ADA, LATER, cast(Table, world.notifications), world.devices)
    except Crash:
        forget(ADA, LATER, cast(Table, world.notifications), world.devices)

    assert left(world, ADA) == set()


def test_who_is_back_keeps_what_came_since(world: World) -> None:
    forget(ADA, 1_000_000_000, cast(Table, world.notifications), world.devices)

    assert [device.device_id for device in world.devices.of(ADA)] == [PHONE]
    assert len(world.inbox.page(ADA, 99, None)[0]) == 30
    assert first_uuid7(1_000_000_000) < world.inbox.page(ADA, 1, None)[0][0].notification_id


def test_one_try_has_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "MOST_PAGES", 1)

    with pytest.raises(NotDone):
        forget(ADA, LATER, cast(Table, world.notifications), world.devices)
