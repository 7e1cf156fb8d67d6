"""A member sees what they were told, and chooses how they are."""

from __future__ import annotations

import secrets
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.site import SLOW, Site
from tests.posts import eventually
from tests.stack import MobileApi


@pytest.fixture(scope="module")
def told(author: MobileApi, friend: MobileApi) -> str:
    """The friend's name, who has answered a post and mentioned its author; both of it is in the inbox."""
    own, other = (api.read("/profile").json()["name"] for api in (author, friend))
    before = author.read("/notifications/unread").json()["unread"]
    mine = author.post("A question").json()["post_id"]
    friend.post("An answer", in_reply_to=mine)
    friend.post(f"Hello @{own}")
    eventually(lambda: author.read("/notifications/unread").json()["unread"] >= before + 2)
    name: str = other
    return name


def test_news_is_counted_in_the_bar_and_read(named: Site, author: MobileApi, told: str) -> None:
    bell = named.page.get_by_role("banner").get_by_role("link", name="Inbox, unread")
    before = author.read("/notifications/unread").json()["unread"]
    named.open("/")
    expect(bell).to_contain_text(str(before), timeout=SLOW)
    bell.click()
    rows = named.page.get_by_role("region", name="Notifications").get_by_role("listitem")
    mention = rows.filter(has_text=told).filter(has_text="mention").first
    expect(mention).to_be_visible(timeout=SLOW)
    mention.get_by_role("button", name="Mark as read").click()
    expect(bell).to_contain_text(str(before - 1), timeout=SLOW)
    rows.filter(has_text=told).filter(has_text="repl").first.get_by_role("link").click()
    expect(named.page.locator("article").filter(has_text="An answer")).to_be_visible(timeout=SLOW)
    named.open("/inbox")
    everything = named.button("Mark all as read")
    if everything.is_enabled(timeout=SLOW):
        everything.click()
    named.shows("All read")
    assert author.read("/notifications/unread").json()["unread"] == 0


@pytest.mark.console("412")
@pytest.mark.parametrize(("choice", "stays"), [("Save mine", "NONE"), ("Keep what is there", "INBOX")])
def test_how_one_is_told_is_chosen_and_no_change_is_lost(
    named: Site, author: MobileApi, choice: str, stays: str
) -> None:
    named.open("/inbox/settings")
    replies = named.page.get_by_role("group", name="Replies")
    replies.get_by_label("Off").check(timeout=SLOW)
    before = author.read("/notifications/preferences")
    other = {**before.json(), "replies": "INBOX", "orders": secrets.choice(["PUSH", "INBOX"])}
    del other["version"]
    match = {"If-Match": before.headers["ETag"]}
    assert author.send("PUT", "/notifications/preferences", json=other, headers=match).status_code == 200
    named.button("Save").click()
    named.shows("This was changed meanwhile")
    named.button(choice).click()
    if choice == "Save mine":
        named.shows("Saved")
    expect(named.page.get_by_role("alert")).to_have_count(0, timeout=SLOW)
    assert author.read("/notifications/preferences").json()["replies"] == stays


def test_quiet_hours_are_by_the_members_own_clock(named: Site, author: MobileApi) -> None:
    named.open("/inbox/settings")
    named.page.get_by_role("checkbox", name="Quiet hours").check(timeout=SLOW)
    named.page.get_by_label("Until", exact=True).fill("22:00")
    named.shows("The two times have to differ")
    named.page.get_by_label("Until", exact=True).fill("06:30")
    named.page.get_by_label("By the clock of").select_option("Europe/Vienna")
    named.button("Save").click()
    named.shows("Saved")
    quiet = author.read("/notifications/preferences").json()["quiet_hours"]
    assert quiet == {"from": "22:00", "until": "06:30", "time_zone": "Europe/Vienna"}


def test_a_device_is_seen_and_taken_away(named: Site, author: MobileApi) -> None:
    device = {"platform": "FCM", "token": f"token-{secrets.token_hex(12)}"}
    assert author.send("PUT", f"/devices/{uuid.uuid4()}", json=device).status_code == 200
    named.open("/inbox/settings")
    row = named.page.get_by_role("region", name="Devices").get_by_role("listitem")
    expect(row).to_contain_text("Android", timeout=SLOW)
    row.get_by_role("button", name="Remove").click()
    named.page.get_by_role("alertdialog").get_by_role("button", name="Remove it").click()
    named.shows("No device is registered")
    assert author.read("/devices").json()["items"] == []


@pytest.mark.console("429")
def test_an_inbox_that_is_asked_too_often_waits(named: Site) -> None:
    problem = {"title": "Too Many Requests", "status": 429, "detail": "Too many requests at once."}
    named.page.route(
        "**/api/mobile/notifications?*",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "1"}, json=problem),
        times=2,
    )
    named.open("/inbox")
    named.settled()
    expect(named.page.get_by_role("heading", name="Inbox")).to_be_visible()
    expect(named.page.get_by_role("alert")).to_have_count(0)


@pytest.mark.console("500")
def test_an_inbox_that_is_down_is_told_and_tried_again(named: Site) -> None:
    fault = {"title": "Internal Server Error", "status": 500, "detail": "The service failed."}
    named.page.route("**/api/mobile/notifications*", lambda route: route.fulfill(status=500, json=fault))
    named.open("/inbox")
    named.shows("The service has a fault")
    named.page.unroute_all()
    named.button("Try again").click()
    expect(named.page.get_by_role("alert")).to_have_count(0, timeout=SLOW)
