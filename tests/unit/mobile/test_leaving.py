"""Who is gone leaves nothing, and nobody else loses anything."""

from __future__ import annotations

import time
from typing import cast

import pytest

from mobile import leaving, rules
from mobile.leaving import NotDone, forget
from mobile.models import NewPost, NewProfile, Visibility
from mobile.outbox import MemberExpired
from mobile.posts import Posts
from mobile.profiles import Profiles
from shared.ids import uuid7
from shared.tables import Table
from tests.unit.mobile.fakes import FakeContentTable
from tests.unit.mobile.test_uploads import FakeObjects
from tests.unit.orders.fakes import Crash

ADA, GRACE = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "1c9a2f6e-0b7d-4d2e-9f7a-3b5c8d1e2f30"


@pytest.fixture
def table() -> FakeContentTable:
    table = FakeContentTable()
    profiles = Profiles(cast("Table", table), 100)
    profiles.create(ADA, NewProfile("ada_l", "Ada"))
    profiles.create(GRACE, NewProfile("grace", "Grace"))
    return table


def post(table: FakeContentTable, member: str, visibility: Visibility, post_id: str | None = None) -> str:
    made = rules.write(NewPost("text", visibility=visibility), post_id or uuid7(), (member, "name"), "then")
    Posts(cast("Table", table)).add(made)
    return made.post_id


def expire(table: FakeContentTable, later: int = 5) -> MemberExpired:
    """Let Ada's profile expire some seconds from now, and DynamoDB delete it."""
    del table.items["MEMBER#" + ADA, "PROFILE"]
    return MemberExpired(1, "an event", ADA, "ada_l", int(time.time()) + later)


@pytest.mark.parametrize("count", [0, 1, 25, 26, 60])
def test_all_of_the_member_is_removed_and_nothing_of_others(table: FakeContentTable, count: int) -> None:
    graces = [post(table, GRACE, "public"), post(table, GRACE, "private")]
    for number in range(count):
        post(table, ADA, "private" if number % 2 else "public")

    assert forget(expire(table), cast("Table", table), FakeObjects()) == count

    left = {(item["kind"], item.get("post_id") or item["member_id"]) for item in table.items.values()}
    assert left == {("profile", GRACE), ("name", GRACE), *(("post", one) for one in graces)}


def test_a_try_that_dies_is_finished_by_the_next(table: FakeContentTable) -> None:
    for _ in range(60):
        post(table, ADA, "public")
    member = expire(table)
    for operation in ("BatchWriteItem", "DeleteItem"):
        table.crash_at = operation
        with pytest.raises(Crash):
            forget(member, cast("Table", table), FakeObjects())

    forget(member, cast("Table", table), FakeObjects())
    forget(member, cast("Table", table), FakeObjects())

    assert {item["kind"] for item in table.items.values()} == {"profile", "name"}
    assert {item["member_id"] for item in table.items.values()} == {GRACE}


def test_who_came_back_keeps_the_name_and_what_they_posted_since(table: FakeContentTable) -> None:
    old = post(table, ADA, "public", "0190b2c4-7f7e-7c3a-8000-000000000000")
    member = expire(table, later=-10)
    Profiles(cast("Table", table), 100).create(ADA, NewProfile("ada_l", "Ada"))
    since = post(table, ADA, "public")

    assert forget(member, cast("Table", table), FakeObjects()) == 1

    assert ("NAME#ada_l", "NAME") in table.items
    assert (f"POST#{since}", "POST") in table.items
    assert (f"POST#{old}", "POST") not in table.items


def test_one_try_has_an_end(table: FakeContentTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "MOST_PAGES", 2)
    for _ in range(60):
        post(table, ADA, "public")
    member = expire(table)

    with pytest.raises(NotDone):
        forget(member, cast("Table", table), FakeObjects())
    forget(member, cast("Table", table), FakeObjects())

    assert {item["kind"] for item in table.items.values()} == {"profile", "name"}


def test_images_of_before_are_removed_and_no_others(table: FakeContentTable) -> None:
    served = FakeObjects()
    old = f"images/{ADA}/0190b2c4-7f7e-7c3a-8000-000000000000.png"
    kept = [f"images/{ADA}/{uuid7()}.jpg", f"images/{GRACE}/0190b2c4-7f7e-7c3a-8000-000000000000.png"]
    served.objects = dict.fromkeys([old, *kept], b"")

    forget(expire(table, later=-10), cast("Table", table), served)

    assert list(served.objects) == kept
