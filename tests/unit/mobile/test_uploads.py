"""Uploads: each is shown or refused once, however often and in whatever order it is told of."""

from __future__ import annotations

from itertools import permutations
from typing import cast

import pytest

from mobile.images import MOST_BYTES
from mobile.models import NewProfile
from mobile.profiles import Profiles
from mobile.uploads import Check, UploadNotFound, Uploads
from shared.tables import Table
from tests.images import BASELINE, png
from tests.unit.mobile.fakes import FakeContentTable
from tests.unit.orders.fakes import Crash

ADA, GRACE = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "1c9a2f6e-0b7d-4d2e-9f7a-3b5c8d1e2f30"


class FakeObjects:
    """A bucket in memory; the call whose number is `crash_at` dies after it was done."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.crash_at = -1
        self.calls = 0

    def _done(self) -> None:
        self.calls += 1
        if self.calls == self.crash_at:
            raise Crash

    def get(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def put(self, key: str, body: bytes, media_type: str, cache_control: str) -> None:
        assert media_type in {"image/png", "image/jpeg"}
        assert cache_control
        self.objects[key] = body
        self._done()

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)
        self._done()

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))


class World:
    """The table and the two buckets."""

    def __init__(self) -> None:
        self.table, self.uploaded, self.served = FakeContentTable(), FakeObjects(), FakeObjects()
        self.profiles = Profiles(cast("Table", self.table), 100)
        self.profiles.create(ADA, NewProfile("ada_l", "Ada"))
        self.uploads = Uploads(cast("Table", self.table))
        self.check = Check(cast("Table", self.table), self.uploaded, self.served)

    def upload(self, content: bytes, member: str = ADA) -> tuple[str, int]:
        """Put a file where the member may and return its key and size."""
        key = f"identity/{self.uploads.begin(member).upload_id}"
        self.uploaded.objects[key] = content
        return key, len(content)

    def status(self, key: str) -> tuple[str, str | None]:
        found = self.uploads.get(ADA, key.partition("/")[2])
        return found.status, found.reason


@pytest.fixture
def world() -> World:
    return World()


def test_an_image_is_shown_and_nothing_is_left_where_it_was_put(world: World) -> None:
    key, size = world.upload(png())

    assert world.check.run(key, size) == "ACCEPTED"

    path = world.profiles.own(ADA).image_path
    assert path is not None
    assert list(world.served.objects) == [path.removeprefix("/")]
    assert world.uploaded.objects == {}
    assert world.status(key) == ("ACCEPTED", None)
    assert world.profiles.own(ADA).version == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"text", "NOT_AN_IMAGE"), (png(8, 8), "TOO_SMALL"), (b"\0" * (MOST_BYTES + 1), "TOO_LARGE")],
    ids=["text", "small", "large"],
)
def test_what_is_refused_is_removed_and_said(world: World, content: bytes, reason: str) -> None:
    key, size = world.upload(content)

    assert world.check.run(key, size) == reason

    assert world.status(key) == ("REFUSED", reason)
    assert world.uploaded.objects == world.served.objects == {}
    assert world.profiles.own(ADA).image_path is None


def test_what_nobody_began_is_removed(world: World) -> None:
    world.uploaded.objects["identity/anything"] = png()

    assert world.check.run("identity/anything", 1) == "UNKNOWN"
    assert world.uploaded.objects == {}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_upload_that_was_begun_last_stays_in_whatever_order_they_are_checked(
    world: World, order: tuple[int, ...]
) -> None:
    uploads = [world.upload(content) for content in (png(), BASELINE, png(64, 64))]

    for number in (*order, *order):
        world.check.run(*uploads[number])

    last = uploads[2][0].partition("/")[2]
    assert world.profiles.own(ADA).image_path == f"/images/{ADA}/{last}.png"
    assert list(world.served.objects) == [f"images/{ADA}/{last}.png"]
    assert world.uploaded.objects == {}


@pytest.mark.parametrize("bucket", ["uploaded", "served"])
@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("operation", [None, "UpdateItem"])
def test_a_check_that_dies_is_finished_by_the_next(
    world: World, bucket: str, call: int, operation: str | None
) -> None:
    world.check.run(*world.upload(BASELINE))
    key, size = world.upload(png())
    objects: FakeObjects = getattr(world, bucket)
    objects.calls, objects.crash_at = 0, call
    world.table.crash_at = operation

    for _ in range(3):
        try:
            world.check.run(key, size)
        except Crash:
            continue

    upload_id = key.partition("/")[2]
    assert list(world.served.objects) == [f"images/{ADA}/{upload_id}.png"]
    assert world.uploaded.objects == {}
    assert world.profiles.own(ADA).version == 3
    assert world.status(key) == ("ACCEPTED", None)


def test_an_upload_of_who_is_gone_is_refused_and_not_shown(world: World) -> None:
    key, size = world.upload(png())
    del world.table.items["MEMBER#" + ADA, "PROFILE"]

    assert world.check.run(key, size) == "NO_PROFILE"
    assert world.served.objects == {}


def test_an_upload_is_its_members(world: World) -> None:
    upload_id = world.uploads.begin(ADA).upload_id

    for member, one in ((GRACE, upload_id), (ADA, "x"), (ADA, "../" + upload_id)):
        with pytest.raises(UploadNotFound):
            world.uploads.get(member, one)
