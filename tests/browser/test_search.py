"""A member searches what members say."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import expect

from tests.browser.site import SLOW, Site
from tests.posts import eventually
from tests.stack import MobileApi

WORD = f"quince{secrets.token_hex(4)}"
"""What nothing else here says."""


@pytest.fixture(scope="module", autouse=True)
def found(friend: MobileApi) -> None:
    """Three posts that the search has."""
    friend.post(f"A {WORD} in the oven, with honey.", tags=["baking", WORD])
    friend.post(f"Two {WORD}s, and a pear.", tags=["baking"])
    friend.post(f"No {WORD} today.")
    eventually(lambda: bool(friend.read("/search", q=WORD).json()["total"] == 3))


def hits(site: Site) -> list[str]:
    site.settled()
    return site.page.locator("main .excerpt").all_inner_texts()


def test_words_are_found_and_marked_from_the_feed_on(named: Site) -> None:
    named.open("/feed")
    named.page.get_by_role("searchbox").fill(f"{WORD} honey")
    named.page.keyboard.press("Enter")
    expect(named.page.get_by_role("heading", name="1 post")).to_be_visible(timeout=SLOW)
    marks = named.page.locator("main mark")
    assert [mark.lower() for mark in marks.all_inner_texts()] == [WORD, "honey"]
    assert named.page.url == f"{named.url}/search?q={WORD}%20honey"
    named.page.locator(".excerpt").click()
    named.page.wait_for_url("**/posts/*")


def test_a_tag_narrows_down_and_is_let_go_again(named: Site) -> None:
    named.open(f"/search?q={WORD}")
    expect(named.page.get_by_role("heading", name="3 posts")).to_be_visible(timeout=SLOW)
    narrow = named.page.get_by_role("group", name="Tags")
    narrow.get_by_role("button", name="#baking 2").click()
    expect(named.page.get_by_role("heading", name="2 posts")).to_be_visible(timeout=SLOW)
    assert "tags=baking" in named.page.url
    narrow.get_by_role("button", name=f"#{WORD} 1").click()
    expect(named.page.get_by_role("heading", name="1 post")).to_be_visible(timeout=SLOW)
    named.page.go_back()
    expect(named.page.get_by_role("heading", name="2 posts")).to_be_visible(timeout=SLOW)
    narrow.get_by_role("button", name="#baking").click()
    expect(named.page.get_by_role("heading", name="3 posts")).to_be_visible(timeout=SLOW)


def test_a_time_narrows_down_and_nothing_found_leads_on(named: Site) -> None:
    named.open(f"/search?q={WORD}&when=day")
    expect(named.page.get_by_role("heading", name="3 posts")).to_be_visible(timeout=SLOW)
    named.page.get_by_text("Between two days").click()
    named.page.get_by_label("To", exact=True).fill("2020-01-01")
    named.shows("No post has all of that")
    assert "until=2020-01-01" in named.page.url
    named.button("Search everywhere").click()
    expect(named.page.get_by_role("heading", name="3 posts")).to_be_visible(timeout=SLOW)


@pytest.mark.console("400")
def test_what_cannot_be_understood_is_told(named: Site) -> None:
    named.open(f"/search?q={'%20'.join('abcdefghijklmn')}")
    named.shows("That did not work")


def test_pages_follow(named: Site) -> None:
    page = {"total": 3, "facets": [{"tag": "tea", "count": 3}]}
    hit = {
        "author_id": "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "author_name": "ada_l", "tags": ["tea"],
        "visibility": "public", "created_at": "2026-01-02T03:04:05.000Z", "score": 1.0,
    }  # fmt: skip
    first, second = (
        {**hit, "post_id": f"01935d3e-8a40-7c9b-9f0a-5d0c3a1b2e4{n}", "excerpt": [{"text": f"<b>no {n}</b>"}]}
        for n in range(2)
    )
    named.page.route(
        "**/api/mobile/search?*",
        lambda route: route.fulfill(
            json={**page, "hits": [second]}
            if "cursor=further" in route.request.url
            else {**page, "hits": [first], "next_cursor": "further"}
        ),
    )
    named.open("/search?q=no")
    named.button("Show more").click(timeout=SLOW)
    named.shows("<b>no 1</b>")
    assert hits(named) == ["<b>no 0</b>", "<b>no 1</b>"]  # a text is never markup


@pytest.mark.console("500", "503")
@pytest.mark.parametrize("status", [500, 503])
def test_a_search_that_is_down_is_told_and_tried_again(named: Site, status: int) -> None:
    fault = {"title": "Fault", "status": status, "detail": "The service failed."}
    named.page.route("**/api/mobile/search?*", lambda route: route.fulfill(status=status, json=fault))
    named.open(f"/search?q={WORD}")
    named.shows("The service has a fault")
    named.page.unroute_all()
    named.button("Try again").click()
    expect(named.page.get_by_role("heading", name="3 posts")).to_be_visible(timeout=SLOW)
