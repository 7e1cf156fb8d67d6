"""A member reads what others say, and says something: once, whatever happens on the way."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.site import SLOW, Site
from tests.stack import MobileApi


def said(site: Site, text: str) -> Any:
    """Return the post with this text."""
    return site.page.locator("article").filter(has_text=text)


def write(site: Site, label: str, text: str, action: str) -> None:
    """Write something and send it."""
    site.page.get_by_label(label, exact=True).get_by_role("textbox", name=label).fill(text)
    site.button(action).click()


@pytest.mark.console("404", "409")
def test_who_has_no_name_is_led_to_one_and_then_posts(newcomer: Site, author: MobileApi) -> None:
    taken = author.read("/profile").json()["name"]
    newcomer.open("/feed")
    newcomer.page.get_by_label("Name", exact=True).fill(taken)
    newcomer.button("That is me").click(timeout=SLOW)
    newcomer.shows(f"@{taken} is taken")
    name = f"n_{secrets.token_hex(6)}"
    newcomer.page.get_by_label("Name", exact=True).fill(name)
    newcomer.button("That is me").click()

    text = f"Tea for @{taken} and #{name}"
    write(newcomer, "What do you want to say?", text, "Post")

    post = said(newcomer, text)
    expect(post).to_be_visible(timeout=SLOW)
    expect(newcomer.page.get_by_role("textbox", name="What do you want to say?")).to_have_value("")
    expect(post.get_by_role("link", name=f"#{name}")).to_have_attribute("href", f"/search?tags={name}")
    post.get_by_role("link", name=f"@{taken}", exact=True).click()
    expect(newcomer.page.get_by_role("heading", name=taken.title())).to_be_visible(timeout=SLOW)
    newcomer.page.go_back()
    newcomer.page.get_by_role("link", name=f"@{name}").first.click()
    newcomer.shows(text)


def test_what_is_for_oneself_is_shown_to_oneself_alone(named: Site, author: MobileApi) -> None:
    text = f"for me {secrets.token_hex(6)}"
    named.open("/feed")
    box = named.page.get_by_role("textbox", name="What do you want to say?")
    box.fill(text)
    named.page.get_by_label("For me alone").check()
    named.page.get_by_role("textbox", name="Tags", exact=True).fill("Secret, things")
    named.button("Post").click()
    expect(box).to_have_value("", timeout=SLOW)
    expect(said(named, text)).to_have_count(0)
    named.open(f"/members/{author.read('/profile').json()['member_id']}")
    named.button("For me alone").click(timeout=SLOW)
    post = said(named, text)
    expect(post.get_by_text("Only you")).to_be_visible(timeout=SLOW)
    expect(post.get_by_role("list", name="Tags").get_by_role("link")).to_have_text(["#secret", "#things"])


def test_a_post_is_changed_and_deleted_by_its_author(named: Site, author: MobileApi) -> None:
    post = author.post(f"First thought {secrets.token_hex(4)}", tags=["old"]).json()
    named.open(f"/posts/{post['post_id']}")
    named.button("Edit").click(timeout=SLOW)
    named.page.get_by_label("Text of the post").fill("Second thought")
    named.page.get_by_role("textbox", name="Tags", exact=True).fill("better")
    named.button("Save").click()
    expect(said(named, "Second thought").get_by_text("edited")).to_be_visible(timeout=SLOW)
    assert author.read(f"/posts/{post['post_id']}").json()["tags"] == ["better"]

    named.button("Delete").click()
    named.page.get_by_role("alertdialog").get_by_role("button", name="Delete it").click()
    named.page.wait_for_url(f"{named.url}/feed", timeout=SLOW)
    assert author.read(f"/posts/{post['post_id']}").status_code == 404
    expect(said(named, "Second thought")).to_have_count(0)


def test_nobody_changes_what_is_somebody_elses(named: Site, friend: MobileApi) -> None:
    post = friend.post("mine, all mine").json()
    named.open(f"/posts/{post['post_id']}")
    expect(said(named, "mine, all mine")).to_be_visible(timeout=SLOW)
    expect(named.page.get_by_role("button", name="Edit")).to_have_count(0)
    expect(named.page.get_by_role("button", name="Delete")).to_have_count(0)


@pytest.mark.console("412")
@pytest.mark.parametrize(("choice", "stays"), [("Save mine", "mine"), ("Keep what is there", "theirs")])
def test_who_was_slower_sees_what_is_there_and_chooses(
    named: Site, author: MobileApi, choice: str, stays: str
) -> None:
    post = author.post("at first").json()
    named.open(f"/posts/{post['post_id']}")
    named.button("Edit").click(timeout=SLOW)
    named.page.get_by_label("Text of the post").fill("mine")
    assert author.change(post, text="theirs").status_code == 200
    named.button("Save").click()
    named.shows("It was changed meanwhile")
    expect(named.page.get_by_role("alert").get_by_text("theirs")).to_be_visible()
    named.button(choice).click()
    expect(named.page.get_by_role("alert")).to_have_count(0, timeout=SLOW)
    expect(said(named, stays)).to_be_visible()
    assert author.read(f"/posts/{post['post_id']}").json()["text"] == stays


@pytest.mark.console("504", "429")
@pytest.mark.parametrize("status", [504, 429])
def test_a_post_whose_answer_is_lost_is_there_once(named: Site, author: MobileApi, status: int) -> None:
    keys: list[str] = []

    def lose_once(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            return route.continue_()
        # It arrives, and the answer does not.
        sent: dict[str, Any] = route.request.post_data_json or {}
        assert author.post(**sent, key=keys[0]).status_code == 201
        return route.fulfill(status=status, headers={"Retry-After": "1"}, json={"detail": "Not now."})

    named.open("/feed")
    named.page.route("**/api/mobile/posts", lose_once)
    text = f"once {secrets.token_hex(6)}"
    write(named, "What do you want to say?", text, "Post")
    expect(said(named, text)).to_be_visible(timeout=SLOW)
    assert len(set(keys)) == 1 < len(keys)
    mine = author.read(f"/members/{author.read('/profile').json()['member_id']}/posts", limit=5).json()
    assert [post["text"] for post in mine["items"]].count(text) == 1


@pytest.mark.console("422")
def test_what_was_written_stays_until_it_is_there(named: Site) -> None:
    refusal = {"title": "Unprocessable Content", "status": 422, "detail": "Not like this."}
    named.open("/feed")
    named.page.route(
        "**/api/mobile/posts",
        lambda r: r.fulfill(status=422, json=refusal) if r.request.method == "POST" else r.continue_(),
    )
    write(named, "What do you want to say?", "so much to say", "Post")
    named.shows("Not like this.")
    expect(named.page.get_by_role("textbox", name="What do you want to say?")).to_have_value("so much to say")


def test_a_post_is_replied_to(named: Site, friend: MobileApi) -> None:
    post = friend.post(f"A question {secrets.token_hex(4)}").json()
    other = friend.post("Another answer", in_reply_to=post["post_id"]).json()
    named.open(f"/posts/{post['post_id']}")
    expect(said(named, "Another answer")).to_be_visible(timeout=SLOW)
    write(named, f"Reply to @{post['author_name']}", "An answer", "Reply")
    replies = named.page.get_by_role("region", name="Replies").locator("article")
    expect(replies).to_have_count(2, timeout=SLOW)
    expect(replies.last).to_contain_text("An answer")
    named.open(f"/posts/{other['post_id']}")
    named.button("What it replies to").click(timeout=SLOW)
    named.page.wait_for_url(f"{named.url}/posts/{post['post_id']}")


def test_older_posts_are_a_page_further(named: Site, friend: MobileApi) -> None:
    for number in range(21):
        friend.post(f"line {number}")
    named.open(f"/members/@{friend.read('/profile').json()['name']}")
    expect(named.page.locator("article")).to_have_count(20, timeout=SLOW)
    named.button("Show older posts").click()
    named.shows("line 0")


@pytest.mark.console("404")
def test_what_is_not_there_is_told_kindly(named: Site) -> None:
    named.open("/posts/01935d3e-8a40-7c9b-9f0a-5d0c3a1b2e4f")
    named.shows("This post is not here")
    named.open("/members/@nobody_at_all")
    named.shows("Nobody is @nobody_at_all")


@pytest.mark.console("500")
def test_a_fault_of_the_feed_is_told_and_tried_again(named: Site) -> None:
    fault = {"title": "Internal Server Error", "status": 500, "detail": "The service failed."}
    named.page.route("**/api/mobile/posts?*", lambda route: route.fulfill(status=500, json=fault))
    named.open("/feed")
    named.shows("The service has a fault")
    expect(named.page.get_by_role("textbox", name="What do you want to say?")).to_be_visible()
    named.page.unroute_all()
    named.button("Try again").click()
    expect(named.page.locator("article").first).to_be_visible(timeout=SLOW)


@pytest.mark.console("ERR_INTERNET_DISCONNECTED")
def test_a_post_that_is_sent_offline_goes_out_later(named: Site) -> None:
    text = f"from a tunnel {secrets.token_hex(4)}"
    named.open("/feed")
    named.settled()
    named.page.context.set_offline(True)
    write(named, "What do you want to say?", text, "Post")
    expect(named.page.get_by_text("You are offline.")).to_be_visible()
    named.page.context.set_offline(False)
    expect(said(named, text)).to_be_visible(timeout=SLOW)
