"""Profiles and posts through the API's door: what two members can do, and what not of each other's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.stack import Member, MobileApi, Stack

INDEX_SECONDS = 60


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait for an index, which is some moments behind its table."""
    deadline = time.monotonic() + INDEX_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def assert_problem(answer: requests.Response, status: int, names: str = "") -> None:
    """Assert that an answer is a problem of this status whose text names the culprit."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert names in answer.text


def ids(api: MobileApi, path: str, **query: Any) -> list[str]:
    """Read a list to its end and return the posts' ids."""
    found: list[str] = []
    while True:
        answer = api.read(path, **query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [post["post_id"] for post in page["items"]]
        if "next_cursor" not in page:
            return found
        query["cursor"] = page["next_cursor"]


class TestProfiles:
    """Who the members are to each other."""

    def test_a_member_has_a_profile_once_they_made_it(self, stack: Stack) -> None:
        person = stack.enrol("members")
        try:
            api = MobileApi(stack["MobileApiUrl"], person.token)
            assert_problem(api.read("/profile"), 404, "POST /profile")
            assert_problem(api.post("too early"), 409, "profile")

            name = f"m_{secrets.token_hex(8)}"
            made, again = api.make_profile(name), api.make_profile(name)

            assert (made.status_code, again.status_code) == (201, 201)
            assert made.json() == again.json() == api.read("/profile").json()
            assert made.json()["member_id"] == person.claims["sub"]
            assert_problem(api.make_profile(name + "x"), 409, "PUT /profile")
        finally:
            person.leave()

    def test_a_name_belongs_to_one_member(self, stack: Stack, ada: MobileApi) -> None:
        person = stack.enrol("members")
        try:
            taken = ada.read("/profile").json()["name"]
            api = MobileApi(stack["MobileApiUrl"], person.token)

            assert_problem(api.make_profile(taken), 409, "/name")
            assert_problem(api.read("/profile"), 404)
        finally:
            person.leave()

    def test_who_is_mentioned_is_found_by_name(self, ada: MobileApi, grace: MobileApi) -> None:
        own = ada.read("/profile").json()

        found = grace.read(f"/names/{own['name']}")

        assert found.status_code == 200, found.text
        assert found.json() == grace.read(f"/members/{own['member_id']}").json()
        assert_problem(grace.read("/names/nobody_of_this_name"), 404)
        assert_problem(grace.read("/names/no-name"), 404)

    def test_a_change_goes_by_the_version(self, ada: MobileApi) -> None:
        before = ada.read("/profile")
        match = {"If-Match": before.headers["ETag"]}
        change = {"display_name": "Ada L.", "biography": "Engines."}

        changed = ada.send("PUT", "/profile", json=change, headers=match)
        again = ada.send("PUT", "/profile", json=change, headers=match)
        stale = ada.send("PUT", "/profile", json={"display_name": "A"}, headers=match)

        assert changed.json() == again.json() == ada.read("/profile").json()
        assert changed.json()["version"] == before.json()["version"] + 1
        assert_problem(stale, 412)
        assert_problem(ada.send("PUT", "/profile", json=change), 400, "If-Match")

    def test_others_see_the_public_part_only(
        self, ada: MobileApi, grace: MobileApi, ada_herself: Member
    ) -> None:
        seen = grace.read(f"/members/{ada_herself.claims['sub']}").json()

        assert set(seen) == {"member_id", "name", "display_name", "biography"}
        assert seen["name"] == ada.read("/profile").json()["name"]

    @pytest.mark.parametrize("member_id", ["1", "%00", "a" * 2500, "'%20OR%201=1", "..%2f"])
    def test_a_member_that_cannot_be_is_not_found(self, ada: MobileApi, member_id: str) -> None:
        assert ada.read(f"/members/{member_id}").status_code in {400, 404}
        assert ada.read(f"/members/{member_id}/posts").status_code in {400, 404}

    @pytest.mark.parametrize(
        ("body", "names"),
        [
            ({"display_name": "x"}, "/name"),
            ({"name": "Upper", "display_name": "x"}, "/name"),
            ({"name": "ab", "display_name": "x"}, "/name"),
            ({"name": "abc\n", "display_name": "x"}, "/name"),
            ({"name": "abc", "display_name": ""}, "/display_name"),
            ({"name": "abc", "display_name": "x" * 81}, "/display_name"),
            ({"name": "abc", "display_name": "x", "biography": "x" * 501}, "/biography"),
            ({"name": "abc", "display_name": "x", "member_id": "y"}, "/member_id"),
            ({"name": "abc", "display_name": "x", "version": 3}, "/version"),
        ],
    )
    def test_a_wrong_profile_is_refused_by_name(self, ada: MobileApi, body: Any, names: str) -> None:
        assert_problem(ada.send("POST", "/profile", json=body), 400, names)


class TestPosts:
    """What members say."""

    def test_a_post_is_read_as_it_was_made(self, ada: MobileApi, grace: MobileApi) -> None:
        made = ada.post("A teapot for @somebody", tags=["Teapots", "teapots"])
        post = made.json()

        read = grace.read("/" + made.headers["Location"])

        assert (made.status_code, read.status_code) == (201, 200)
        assert read.json() == post
        assert (post["tags"], post["mentions"], post["version"]) == (["teapots"], ["somebody"], 1)
        assert read.headers["ETag"] == made.headers["ETag"] == '"1"'
        known = grace.send("GET", f"/posts/{post['post_id']}", headers={"If-None-Match": '"1"'})
        assert (known.status_code, known.content) == (304, b"")

    def test_sent_twice_it_is_posted_once(self, ada: MobileApi) -> None:
        key = secrets.token_hex(16)

        first, again = ada.post("once", key), ada.post("once", key)

        assert first.json() == again.json()
        assert_problem(ada.post("another", key), 422, "Idempotency-Key")

    def test_a_late_retry_does_not_bring_back_what_was_deleted(self, ada: MobileApi) -> None:
        key = secrets.token_hex(16)
        post_id = ada.post("gone", key).json()["post_id"]

        assert ada.send("DELETE", f"/posts/{post_id}").status_code == 204
        assert_problem(ada.post("gone", key), 404)
        assert_problem(ada.read(f"/posts/{post_id}"), 404)
        assert_problem(ada.send("DELETE", f"/posts/{post_id}"), 404)

    def test_of_two_changes_of_one_version_one_is_refused(self, ada: MobileApi) -> None:
        post = ada.post("first").json()

        changed = ada.change(post, text="second", visibility="private")
        again = ada.change(post, text="second", visibility="private")
        other = ada.change(post, text="third")

        assert (changed.status_code, changed.json()["version"]) == (200, 2)
        assert again.json() == changed.json() == ada.read(f"/posts/{post['post_id']}").json()
        assert_problem(other, 412)

    def test_the_feed_has_public_posts_newest_first_and_no_replies(
        self, ada: MobileApi, grace: MobileApi
    ) -> None:
        first, second = (ada.post(text).json()["post_id"] for text in ("one", "two"))
        private = ada.post("mine", visibility="private").json()["post_id"]
        reply = grace.post("an answer", in_reply_to=first).json()["post_id"]

        assert eventually(lambda: second in ids(grace, "/posts"))
        feed = ids(grace, "/posts", limit=20)
        author = ada.read("/profile").json()["member_id"]
        assert grace.read(f"/members/{author}").json() in grace.read("/posts", limit=100).json()["authors"]

        assert feed.index(second) < feed.index(first)
        assert not {private, reply} & set(feed)
        assert feed == sorted(feed, reverse=True)

    def test_replies_are_listed_oldest_first_and_stay(self, ada: MobileApi, grace: MobileApi) -> None:
        post_id = ada.post("a question").json()["post_id"]
        replies = [grace.post(f"answer {n}", in_reply_to=post_id).json()["post_id"] for n in range(3)]
        grace.post("for myself", in_reply_to=post_id, visibility="private")

        assert eventually(lambda: ids(ada, f"/posts/{post_id}/replies", limit=2) == replies)
        ada.send("DELETE", f"/posts/{post_id}")
        assert ids(ada, f"/posts/{post_id}/replies") == replies

    def test_nobody_replies_to_what_is_not_there(self, ada: MobileApi) -> None:
        nobodys = "0190b2c4-7f7e-7c3a-8000-000000000000"

        assert_problem(ada.post("?", in_reply_to=nobodys), 422, "/in_reply_to")

    @pytest.mark.parametrize(
        ("body", "names"),
        [
            ({}, "/text"),
            ({"text": ""}, "/text"),
            ({"text": "x" * 5001}, "/text"),
            ({"text": 5}, "/text"),
            ({"text": "x", "tags": ["x"] * 11}, "/tags"),
            ({"text": "x", "tags": ["two words"]}, "/tags/0"),
            ({"text": "x", "tags": ["x" * 51]}, "/tags/0"),
            ({"text": "x", "visibility": "friends"}, "/visibility"),
            ({"text": "x", "in_reply_to": "y"}, "/in_reply_to"),
            ({"text": "x", "author_id": "somebody"}, "/author_id"),
            ({"text": "x", "version": 7}, "/version"),
        ],
    )
    def test_a_wrong_post_is_refused_by_name(self, ada: MobileApi, body: Any, names: str) -> None:
        headers = {"Idempotency-Key": secrets.token_hex(16)}

        assert_problem(ada.send("POST", "/posts", json=body, headers=headers), 400, names)

    @pytest.mark.parametrize("tag", ["x", "3", '"x"', '"0"', "*", '"1", "2"', ""])
    def test_a_wrong_if_match_is_refused_by_name(self, ada: MobileApi, tag: str) -> None:
        post = ada.post("text").json()

        answer = ada.send(
            "PUT", f"/posts/{post['post_id']}", json={"text": "other"}, headers={"If-Match": tag}
        )

        assert_problem(answer, 400, "If-Match")


@pytest.fixture(scope="module")
def private(ada: MobileApi) -> dict[str, Any]:
    """A post of one member's that is nobody else's to see."""
    post: dict[str, Any] = ada.post("nobody's business", visibility="private", tags=["secret"]).json()
    return post


@pytest.fixture(scope="module")
def public(ada: MobileApi) -> dict[str, Any]:
    """A post of one member's for all to see."""
    post: dict[str, Any] = ada.post("for all").json()
    return post


class TestTwoMembers:
    """Each tries everything of the other's."""

    def test_a_private_post_looks_as_if_it_were_not_there(
        self, ada: MobileApi, grace: MobileApi, private: dict[str, Any]
    ) -> None:
        path = f"/posts/{private['post_id']}"
        nobodys = grace.read("/posts/0190b2c4-7f7e-7c3a-8000-000000000000")

        assert ada.read(path).status_code == 200
        for answer in (
            grace.read(path),
            grace.send("GET", path, headers={"If-None-Match": '"1"'}),
            grace.change(private, text="mine now"),
            grace.change(private),
            grace.send("DELETE", path),
        ):
            assert_problem(answer, 404)
            assert answer.json() == nobodys.json()
        assert_problem(grace.post("?", in_reply_to=private["post_id"]), 422, "/in_reply_to")
        assert ada.read(path).json() == private

    def test_private_posts_are_listed_for_their_author_alone(
        self, ada: MobileApi, grace: MobileApi, ada_herself: Member, private: dict[str, Any]
    ) -> None:
        path = f"/members/{ada_herself.claims['sub']}/posts"

        assert eventually(lambda: private["post_id"] in ids(ada, path, visibility="private"))
        assert_problem(grace.read(path, visibility="private"), 403)
        assert private["post_id"] not in ids(grace, path)
        assert private["post_id"] not in ids(grace, "/posts")

    def test_a_public_post_is_read_by_all_and_changed_by_its_author(
        self, ada: MobileApi, grace: MobileApi, public: dict[str, Any]
    ) -> None:
        path = f"/posts/{public['post_id']}"

        assert grace.read(path).json() == public
        assert_problem(grace.change(public, text="mine now"), 403)
        assert_problem(grace.send("DELETE", path), 403)
        assert ada.read(path).json() == public

    def test_what_becomes_private_leaves_every_list(
        self, ada: MobileApi, grace: MobileApi, ada_herself: Member
    ) -> None:
        post = ada.post("on second thought").json()
        theirs = f"/members/{ada_herself.claims['sub']}/posts"
        assert eventually(
            lambda: post["post_id"] in ids(grace, "/posts") and post["post_id"] in ids(grace, theirs)
        )

        ada.change(post, visibility="private")

        assert_problem(grace.read(f"/posts/{post['post_id']}"), 404)
        assert eventually(lambda: post["post_id"] not in ids(grace, "/posts"))
        assert eventually(lambda: post["post_id"] not in ids(grace, theirs))

    def test_a_cursor_is_its_owners(self, ada: MobileApi, grace: MobileApi) -> None:
        for text in ("a", "b"):
            ada.post(text)
        assert eventually(lambda: "next_cursor" in ada.read("/posts", limit=1).json())
        cursor = ada.read("/posts", limit=1).json()["next_cursor"]

        assert ada.read("/posts", cursor=cursor).status_code == 200
        assert_problem(grace.read("/posts", cursor=cursor), 400, "cursor")

    def test_an_idempotency_key_is_its_owners(self, ada: MobileApi, grace: MobileApi) -> None:
        key = secrets.token_hex(16)

        mine, theirs = ada.post("the same", key).json(), grace.post("the same", key).json()

        assert mine["post_id"] != theirs["post_id"]

    def test_the_other_profile_cannot_be_written(
        self, ada: MobileApi, grace: MobileApi, ada_herself: Member
    ) -> None:
        before = ada.read("/profile").json()

        for method in ("PUT", "POST", "DELETE"):
            answer = grace.send(method, f"/members/{ada_herself.claims['sub']}", json={"display_name": "x"})
            assert_problem(answer, 404)

        assert ada.read("/profile").json() == before

    def test_nobody_gets_in_without_a_token(self, stack: Stack, public: dict[str, Any]) -> None:
        nobody = MobileApi(stack["MobileApiUrl"], None)

        for answer in (
            nobody.read("/posts"),
            nobody.read("/profile"),
            nobody.read(f"/posts/{public['post_id']}"),
            nobody.post("spam"),
        ):
            assert_problem(answer, 401)
