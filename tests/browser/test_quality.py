"""What holds for every page: by keyboard, for screen readers, on a phone, by night, offline, in a hurry."""

from __future__ import annotations

import gzip
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.site import COLOURS, Site
from tests.stack import MobileApi, Stack
from tests.web import Viewer

PAGES = (
    "/",
    "/cart",
    "/orders",
    "/trends",
    "/feed",
    "/search?q=teapot",
    "/profile",
    "/inbox",
    "/inbox/settings",
    "/sign-up",
    "/confirm",
    "/nowhere",
)
FIRST_LOAD_BYTES = 200_000


def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(named: Site, author: MobileApi) -> None:
    post = author.post("See @somebody about #teapots", tags=["teapots", "tea"]).json()
    found = {}
    named.fill_cart(teapot=2, cup=6)
    for path in (*PAGES, f"/posts/{post['post_id']}", f"/members/{post['author_id']}"):
        named.open(path)
        named.settled()
        for width in (1200, 360):
            named.page.set_viewport_size({"width": width, "height": 740})
            named.paint("light")
            found[path, width, "light"] = ["wider than its window"] * named.overflows() + named.violations()
            named.paint("dark")
            found[path, width, "dark"] = named.violations(COLOURS)
    assert not any(found.values()), found


def test_a_page_is_reached_and_used_by_keyboard(signed_in: Site) -> None:
    press = signed_in.page.keyboard.press
    press("Tab")
    expect(signed_in.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press("Enter")
    signed_in.open("/orders")
    signed_in.page.get_by_role("button", name="Account of").focus()
    press("Enter")
    expect(signed_in.page.get_by_role("menuitem").first).to_be_focused()
    press("Escape")
    expect(signed_in.page.get_by_role("button", name="Account of")).to_be_focused()


def test_moving_to_another_page_moves_the_focus_to_its_content(signed_in: Site) -> None:
    signed_in.page.get_by_role("link", name="Orders").click()
    expect(signed_in.page.locator("main")).to_be_focused()


@pytest.mark.console("ERR_INTERNET_DISCONNECTED")
def test_being_offline_is_told_and_passes(signed_in: Site) -> None:
    signed_in.open("/orders")
    signed_in.page.context.set_offline(True)
    expect(signed_in.page.get_by_text("You are offline.")).to_be_visible()
    signed_in.page.context.set_offline(False)
    expect(signed_in.page.get_by_text("You are offline.")).to_be_hidden()


@pytest.mark.console("429")
def test_too_many_requests_are_waited_for(signed_in: Site) -> None:
    problem = {"title": "Too Many Requests", "status": 429, "detail": "Too many requests at once."}
    signed_in.page.route(
        "**/api/orders/orders*",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "1"}, json=problem),
        times=2,
    )
    signed_in.open("/orders")
    signed_in.shows("Your orders")
    signed_in.settled()
    expect(signed_in.page.get_by_role("alert")).to_have_count(0)


def test_the_first_load_is_small(stack: Stack, site: Site) -> None:
    loaded: list[str] = []
    site.page.on("request", lambda request: loaded.append(request.url))
    site.open("/")
    site.settled()
    viewer = Viewer(stack)
    scripts = {url for url in loaded if re.search(r"/assets/.*\.js$", url)}
    sizes = {url: len(gzip.compress(viewer.get(urlsplit(url).path).content)) for url in scripts}
    assert 0 < sum(sizes.values()) < FIRST_LOAD_BYTES, sizes
