"""A member keeps a profile, and an image that goes straight to S3."""

from __future__ import annotations

import os
import re
import secrets
import zlib

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.site import SLOW, Site
from tests.images import png
from tests.stack import MobileApi

pytestmark = pytest.mark.usefixtures("uploads")
SIDE = 400


def file(content: bytes, name: str = "me.png", kind: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def noise() -> bytes:
    """Return a PNG that no compression makes smaller: 160 kB."""
    rows = b"".join(b"\0" + os.urandom(SIDE) for _ in range(SIDE))
    return png(SIDE, SIDE, pixels=zlib.compress(rows, 0))


def test_what_others_see_is_changed(named: Site, author: MobileApi) -> None:
    words = f"Engines. {secrets.token_hex(4)}"
    named.open("/profile")
    named.page.get_by_label("About you").fill(words)
    named.button("Save").click(timeout=SLOW)
    named.shows("Saved")
    named.button("See it as they do").click()
    named.shows(words)
    assert author.read("/profile").json()["biography"] == words


@pytest.mark.console("412")
@pytest.mark.parametrize("choice", ["Save mine", "Keep what is there"])
def test_a_change_of_another_device_is_not_lost(named: Site, author: MobileApi, choice: str) -> None:
    mine, theirs = (f"{whose} {secrets.token_hex(4)}" for whose in ("Mine", "Theirs"))
    named.open("/profile")
    named.page.get_by_label("Shown as").fill(mine)
    match = {"If-Match": author.read("/profile").headers["ETag"]}
    author.send("PUT", "/profile", json={"display_name": theirs}, headers=match)
    named.button("Save").click()
    named.shows("Your profile was changed meanwhile")
    expect(named.page.get_by_role("alert").get_by_text(theirs)).to_be_visible(timeout=SLOW)
    named.button(choice).click()
    if choice == "Save mine":
        named.shows("Saved")
    expect(named.page.get_by_role("alert")).to_have_count(0, timeout=SLOW)
    stays = mine if choice == "Save mine" else theirs
    expect(named.page.get_by_label("Shown as")).to_have_value(stays)
    assert author.read("/profile").json()["display_name"] == stays


def test_an_image_goes_to_s3_and_is_shown_by_cloudfront(named: Site) -> None:
    named.open("/profile")
    choose = named.page.get_by_label("Image file")
    expect(choose).to_be_attached(timeout=SLOW)
    # A slow line, so that the progress can be seen.
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 80_000}
    named.page.context.new_cdp_session(named.page).send("Network.emulateNetworkConditions", line)
    with named.page.expect_request(lambda request: request.method == "PUT") as sent:
        choose.set_input_files(file(noise()))
        expect(named.page.get_by_role("progressbar", name="Upload")).to_be_visible(timeout=SLOW)
    assert "AWS4-HMAC-SHA256" in sent.value.headers["authorization"]
    named.shows("Shown from now on")
    shown = named.page.locator("main img.avatar")
    expect(shown).to_have_attribute("src", re.compile("^/images/"), timeout=SLOW)
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == SIDE
    # The words are still saved, though the image has made a version of its own.
    named.page.get_by_label("About you").fill("With an image.")
    named.button("Save").click()
    named.shows("Saved")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (file(png()[:-30]), "The file is damaged"),
        (file(png(8, 8)), "It is too small"),
        (file(b"<svg/>", "me.svg", "image/svg+xml"), "That is no PNG or JPEG"),
        (file(b"\0" * (5 * 1024 * 1024 + 1)), "It is too large"),
    ],
    ids=["broken", "small", "svg", "large"],
)
def test_a_refused_image_is_told_with_its_reason(named: Site, given: FilePayload, said: str) -> None:
    named.open("/profile")
    named.page.get_by_label("Image file").set_input_files(given)
    named.shows(said)


@pytest.mark.console("403", "503")
def test_an_upload_that_s3_refuses_is_told_and_tried_again(named: Site) -> None:
    answers = [(503, "SlowDown", "Please reduce your request rate."), (403, "AccessDenied", "Access Denied")]
    cors = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/xml"}

    def refuse(route):  # type: ignore[no-untyped-def]
        if route.request.method != "PUT" or not answers:
            return route.continue_()
        status, code, words = answers.pop(0)
        body = f"<Error><Code>{code}</Code><Message>{words}</Message></Error>"
        return route.fulfill(status=status, headers=cors, body=body)

    named.page.route("**/uploads-*/**", refuse)
    named.open("/profile")
    named.page.get_by_label("Image file").set_input_files(file(png(64, 64)))
    named.shows("S3 did not take the image. Access Denied")  # too busy is tried again by itself
    named.button("Try again").click()
    named.shows("Shown from now on")
