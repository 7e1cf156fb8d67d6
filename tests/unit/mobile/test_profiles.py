"""Profiles: one a member, one member a name, and a life that activity renews."""

from __future__ import annotations

import time
from typing import cast

import pytest

from mobile.models import NewProfile, ProfileChange
from mobile.posts import AnotherVersion
from mobile.profiles import (
    DAY,
    HasProfile,
    MemberNotFound,
    NameFirst,
    NameTaken,
    NoProfile,
    Profiles,
    key_of,
)
from shared.tables import Table
from tests.unit.mobile.fakes import FakeContentTable

ADA, GRACE = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "1c9a2f6e-0b7d-4d2e-9f7a-3b5c8d1e2f30"
NEW = NewProfile("ada_l", "Ada", "Engines.")
LIFE = 100


@pytest.fixture
def table() -> FakeContentTable:
    return FakeContentTable()


@pytest.fixture
def profiles(table: FakeContentTable) -> Profiles:
    return Profiles(cast(Table, table), LIFE)


def test_a_profile_is_made_once_however_often_it_is_asked_for(profiles: Profiles) -> None:
    first = profiles.create(ADA, NEW)

    assert profiles.create(ADA, NEW) == first == profiles.own(ADA)
    assert (first.name, first.version) == ("ada_l", 1)


def test_another_profile_is_refused(profiles: Profiles) -> None:
    profiles.create(ADA, NEW)

    with pytest.raises(HasProfile):
        profiles.create(ADA, NewProfile("another", "Ada"))


def test_a_name_is_one_members(profiles: Profiles, table: FakeContentTable) -> None:
    profiles.create(ADA, NEW)

    with pytest.raises(NameTaken) as refused:
        profiles.create(GRACE, NEW)

    assert refused.value.errors[0].field == "/name"
    assert len(table.items) == 2


def test_a_name_of_a_member_who_comes_back_is_theirs(profiles: Profiles, table: FakeContentTable) -> None:
    profiles.create(ADA, NEW)
    del table.items["MEMBER#" + ADA, "PROFILE"]

    assert profiles.create(ADA, NEW).name == "ada_l"


def test_nobody_posts_without_a_name(profiles: Profiles) -> None:
    with pytest.raises(NameFirst):
        profiles.name_of(ADA)
    with pytest.raises(NoProfile):
        profiles.own(ADA)


def test_others_see_what_is_public(profiles: Profiles) -> None:
    profiles.create(ADA, NEW)

    assert profiles.member(ADA).__struct_fields__ == (
        "member_id",
        "name",
        "display_name",
        "biography",
        "image_path",
    )


@pytest.mark.parametrize("member_id", [GRACE, "", "x", ADA.upper(), "0" * 3000])
def test_who_is_not_there_is_not_found(profiles: Profiles, member_id: str) -> None:
    profiles.create(ADA, NEW)

    with pytest.raises(MemberNotFound):
        profiles.member(member_id)


@pytest.mark.parametrize("name", ["ada_l", "Ada_L"])
def test_who_is_mentioned_is_found(profiles: Profiles, name: str) -> None:
    profiles.create(ADA, NEW)

    assert profiles.named(name) == profiles.member(ADA)


@pytest.mark.parametrize("name", ["grace", "", "ada l", "NAME#ada_l", "a" * 3000])
def test_a_name_that_nobody_has_is_not_found(profiles: Profiles, name: str) -> None:
    profiles.create(ADA, NEW)

    with pytest.raises(MemberNotFound):
        profiles.named(name)


def test_a_name_is_kept_for_who_is_gone_but_leads_nowhere(
    profiles: Profiles, table: FakeContentTable
) -> None:
    profiles.create(ADA, NEW)
    del table.items["MEMBER#" + ADA, "PROFILE"]

    with pytest.raises(MemberNotFound):
        profiles.named("ada_l")


def test_authors_are_read_at_once_and_who_has_left_is_not_among_them(
    profiles: Profiles, table: FakeContentTable
) -> None:
    profiles.create(ADA, NEW)
    table.calls.clear()

    assert profiles.members([ADA, GRACE, ADA]) == [profiles.member(ADA)]
    assert table.calls[0] == "BatchGetItem"


def test_a_change_needs_the_version_that_it_is_based_on(profiles: Profiles) -> None:
    profiles.create(ADA, NEW)

    after = profiles.change(ADA, 1, ProfileChange("Ada L."))

    assert (after.version, after.display_name, after.biography) == (2, "Ada L.", "")
    assert profiles.change(ADA, 1, ProfileChange("Ada L.")) == after == profiles.own(ADA)
    with pytest.raises(AnotherVersion):
        profiles.change(ADA, 1, ProfileChange("Augusta"))


class TestLife:
    """The profile's time is all that is renewed, and seldom."""

    def left(self, table: FakeContentTable) -> int:
        expires_at: int = table.items["MEMBER#" + ADA, "PROFILE"]["expires_at"]
        return expires_at - int(time.time())

    def age(self, table: FakeContentTable, days: int) -> None:
        table.items["MEMBER#" + ADA, "PROFILE"]["expires_at"] -= days * DAY

    def test_it_begins_whole(self, profiles: Profiles, table: FakeContentTable) -> None:
        profiles.create(ADA, NEW)

        assert self.left(table) == pytest.approx(LIFE * DAY, abs=60)

    @pytest.mark.parametrize("sign_of_life", ["own", "name_of"])
    def test_in_its_first_half_nothing_is_written(
        self, profiles: Profiles, table: FakeContentTable, sign_of_life: str
    ) -> None:
        profiles.create(ADA, NEW)
        self.age(table, LIFE // 2 - 1)
        table.calls.clear()

        getattr(profiles, sign_of_life)(ADA)

        assert table.calls == ["GetItem, consistent"]

    @pytest.mark.parametrize("sign_of_life", ["own", "name_of"])
    @pytest.mark.parametrize("days", [LIFE // 2 + 1, LIFE + 1], ids=["second half", "not yet deleted"])
    def test_later_it_begins_anew_with_one_write_and_without_a_version(
        self, profiles: Profiles, table: FakeContentTable, sign_of_life: str, days: int
    ) -> None:
        profiles.create(ADA, NEW)
        self.age(table, days)

        for _ in range(3):
            getattr(profiles, sign_of_life)(ADA)

        assert self.left(table) == pytest.approx(LIFE * DAY, abs=60)
        assert table.calls.count("UpdateItem") == 1
        assert table.items["MEMBER#" + ADA, "PROFILE"]["version"] == 1

    def test_who_is_gone_is_not_brought_back(self, profiles: Profiles, table: FakeContentTable) -> None:
        profiles.create(ADA, NEW)
        self.age(table, LIFE)
        seen = table.get(key_of(ADA))
        table.items.clear()
        table.get = lambda *_, **__: seen  # type: ignore[method-assign]

        profiles.own(ADA)

        assert not table.items
