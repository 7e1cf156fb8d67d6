"""Profile images: from the member's own prefix, checked, to where everybody sees them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.images import BASELINE, SECRET, png, with_segment
from tests.stack import Member, MobileApi, Stack
from tests.web import Viewer

pytestmark = pytest.mark.usefixtures("uploads")
CHECK_SECONDS = 60


def begun(api: MobileApi) -> str:
    """Begin an upload and return its id."""
    answer = api.send("POST", "/profile/images")
    assert answer.status_code == 201, answer.text
    upload_id: str = answer.json()["upload_id"]
    return upload_id


def sent(stack: Stack, person: Member, upload_id: str, content: bytes) -> None:
    """Put a file where the member's credentials let them."""
    key = f"{person.identity}/{upload_id}"
    person.aws("s3").put_object(Bucket=stack["ImageUploadsBucket"], Key=key, Body=content)


def ended(api: MobileApi, upload_id: str) -> dict[str, Any]:
    """Wait until an upload is checked, and return it."""
    deadline = time.monotonic() + CHECK_SECONDS
    while time.monotonic() < deadline:
        upload: dict[str, Any] = api.read(f"/profile/images/{upload_id}").json()
        if upload["status"] != "WAITING":
            return upload
        time.sleep(0.1)
    raise TimeoutError(upload_id)


def test_an_image_is_shown_without_what_the_camera_wrote(
    stack: Stack, ada: MobileApi, grace: MobileApi, ada_herself: Member
) -> None:
    upload_id = begun(ada)

    sent(stack, ada_herself, upload_id, with_segment(BASELINE, 0xE1, b"Exif\0\0" + SECRET))

    assert ended(ada, upload_id) == {"upload_id": upload_id, "status": "ACCEPTED"}
    path = grace.read(f"/members/{ada_herself.claims['sub']}").json()["image_path"]
    shown = Viewer(stack).get(path)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert SECRET not in shown.content


def test_a_later_image_takes_the_earlier_ones_place(
    stack: Stack, ada: MobileApi, ada_herself: Member
) -> None:
    paths = []
    for content in (png(), BASELINE):
        upload_id = begun(ada)
        sent(stack, ada_herself, upload_id, content)
        assert ended(ada, upload_id)["status"] == "ACCEPTED"
        paths.append(ada.read("/profile").json()["image_path"])

    viewer = Viewer(stack)
    assert viewer.get(paths[1]).status_code == 200
    assert viewer.get(paths[0]).status_code != 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"<svg/>", "NOT_AN_IMAGE"), (png()[:-30], "BROKEN"), (png(8, 8), "TOO_SMALL")],
    ids=["svg", "broken", "small"],
)
def test_what_is_no_image_is_refused_and_removed(
    stack: Stack, ada: MobileApi, ada_herself: Member, content: bytes, reason: str
) -> None:
    before = ada.read("/profile").json()
    upload_id = begun(ada)

    sent(stack, ada_herself, upload_id, content)

    assert ended(ada, upload_id)["reason"] == reason
    assert ada.read("/profile").json() == before
    left = stack.client("s3").list_objects_v2(Bucket=stack["ImageUploadsBucket"], Prefix=ada_herself.identity)
    assert left["KeyCount"] == 0


def test_a_member_writes_below_their_own_identity_alone_and_reads_nothing(
    stack: Stack, ada: MobileApi, ada_herself: Member, grace_herself: Member
) -> None:
    bucket, upload_id = stack["ImageUploadsBucket"], begun(ada)
    s3 = grace_herself.aws("s3")
    theirs = f"{ada_herself.identity}/{upload_id}"

    attempts: list[Callable[[], Any]] = [
        lambda: s3.put_object(Bucket=bucket, Key=theirs, Body=png()),
        lambda: s3.put_object(Bucket=bucket, Key=upload_id, Body=png()),
        lambda: s3.get_object(Bucket=bucket, Key=theirs),
        lambda: s3.delete_object(Bucket=bucket, Key=theirs),
        lambda: s3.list_objects_v2(Bucket=bucket),
        lambda: s3.put_object(Bucket=bucket, Key=f"{ada_herself.identity}x/{upload_id}", Body=png()),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError) as refused:
            attempt()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert ada.read(f"/profile/images/{upload_id}").json()["status"] == "WAITING"


def test_an_upload_is_followed_by_its_member_alone(ada: MobileApi, grace: MobileApi) -> None:
    upload_id = begun(ada)

    assert grace.read(f"/profile/images/{upload_id}").status_code == 404
    assert grace.read("/profile/images/%00").status_code in {400, 404}


def test_images_are_read_and_nothing_else(stack: Stack) -> None:
    viewer = Viewer(stack)

    assert viewer.get("/images/").status_code != 200
    assert viewer.send("PUT", "/images/x", data=b"x").status_code in {403, 405}
