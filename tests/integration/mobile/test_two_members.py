"""Two members, and everything of each other's: nothing is read, written, searched or cached across.

One attempt for each operation of the contract, over the API and over the web app's domain, whose caches are
different ones; then S3, and what the API keeps for the one while the other asks the very same.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests import templates
from tests.images import png
from tests.stack import Member, MobileApi, Stack
from tests.web import Viewer

SECONDS = 60
TRIES, MOST_TRIES = 10, 50


@dataclass(frozen=True)
class Hers:
    """What Ada keeps: `secret` is in all of it that is nobody else's."""

    api: MobileApi
    member_id: str
    secret: str
    profile: dict[str, Any]
    public: dict[str, Any]
    private: dict[str, Any]
    key: str
    upload_id: str
    cursor: str
    device: dict[str, Any]

    def untouched(self) -> None:
        """Assert that all of it is as it was."""
        assert self.api.read("/profile").json() == self.profile
        for post in (self.public, self.private):
            assert self.api.read(f"/posts/{post['post_id']}").json() == post
        assert self.api.read(f"/profile/images/{self.upload_id}").json()["status"] == "WAITING"
        assert self.device in self.api.read("/devices").json()["items"]
        assert self.api.read("/notifications/preferences").json()["version"] == 1


@pytest.fixture(scope="module")
def hers(ada: MobileApi, ada_herself: Member) -> Iterator[Hers]:
    secret = "s" + secrets.token_hex(8)
    key = secrets.token_hex(16)
    private = ada.post(f"my {secret}", key, visibility="private", tags=[secret]).json()
    public = ada.post("for everybody").json()
    replies = [
        ada.post(f"to myself: {secret}", visibility="private", in_reply_to=private["post_id"]).json()
        for _ in range(2)
    ]
    upload_id = ada.send("POST", "/profile/images").json()["upload_id"]
    mine = f"/members/{ada_herself.claims['sub']}/posts"
    deadline = time.monotonic() + SECONDS
    # The list's index and the search engine are some moments behind.
    while True:
        listed = ada.read(mine, visibility="private", limit=1).json()
        found = ada.read("/search", q=secret).json()
        if "next_cursor" in listed and found["total"] == len(replies) + 1:
            break
        assert time.monotonic() < deadline, "they did not become visible"
        time.sleep(0.2)
    profile = ada.read("/profile").json()
    path = f"/devices/{uuid.uuid4()}"
    device = ada.send("PUT", path, json={"platform": "FCM", "token": f"token-{secret}-of-hers"}).json()
    yield Hers(
        ada,
        ada_herself.claims["sub"],
        secret,
        profile,
        public,
        private,
        key,
        upload_id,
        listed["next_cursor"],
        device,
    )
    ada.send("DELETE", path)
    for post in (private, public, *replies):
        ada.send("DELETE", f"/posts/{post['post_id']}")


Send = Callable[..., requests.Response]
"""As `MobileApi.send`: by the API's own address, or through the web app's domain."""


def changed(send: Send, path: str, version: int, **body: Any) -> requests.Response:
    """Send a change, as if it were one's own."""
    return send("PUT", path, json=body, headers={"If-Match": f'"{version}"'})


def posted(send: Send, key: str, **body: Any) -> requests.Response:
    """Send a post."""
    return send("POST", "/posts", json=body, headers={"Idempotency-Key": key})


ATTEMPTS: dict[str, list[tuple[int, Callable[[Send, Hers], requests.Response]]]] = {
    "createProfile": [
        (
            409,
            lambda send, hers: send(
                "POST", "/profile", json={k: hers.profile[k] for k in ("name", "display_name")}
            ),
        ),
    ],
    "getProfile": [(200, lambda send, _: send("GET", "/profile"))],
    "changeProfile": [
        # There is no way to name another's profile: the version that is hers is none of one's own.
        (412, lambda send, hers: changed(send, "/profile", 99, display_name=hers.member_id)),
    ],
    "beginImage": [(201, lambda send, _: send("POST", "/profile/images"))],
    "getImage": [(404, lambda send, hers: send("GET", f"/profile/images/{hers.upload_id}"))],
    "getMember": [(200, lambda send, hers: send("GET", f"/members/{hers.member_id}"))],
    "findMember": [(200, lambda send, hers: send("GET", f"/names/{hers.profile['name']}"))],
    "listMemberPosts": [
        (403, lambda send, hers: send("GET", f"/members/{hers.member_id}/posts?visibility=private")),
        (200, lambda send, hers: send("GET", f"/members/{hers.member_id}/posts?limit=100")),
        (
            400,
            lambda send, hers: send(
                "GET", f"/members/{hers.member_id}/posts", params={"cursor": hers.cursor}
            ),
        ),
    ],
    "createPost": [
        (201, lambda send, hers: posted(send, hers.key, text="with her key")),
        (
            422,
            lambda send, hers: posted(
                send, secrets.token_hex(16), text="to her", in_reply_to=hers.private["post_id"]
            ),
        ),
    ],
    "listPosts": [
        (200, lambda send, _: send("GET", "/posts?limit=100")),
        (400, lambda send, hers: send("GET", "/posts", params={"cursor": hers.cursor})),
    ],
    "getPost": [
        (404, lambda send, hers: send("GET", f"/posts/{hers.private['post_id']}")),
        (
            404,
            lambda send, hers: send(
                "GET", f"/posts/{hers.private['post_id']}", headers={"If-None-Match": "*"}
            ),
        ),
    ],
    "changePost": [
        (404, lambda send, hers: changed(send, f"/posts/{hers.private['post_id']}", 1, text="mine now")),
        (403, lambda send, hers: changed(send, f"/posts/{hers.public['post_id']}", 1, text="mine now")),
    ],
    "deletePost": [
        (404, lambda send, hers: send("DELETE", f"/posts/{hers.private['post_id']}")),
        (403, lambda send, hers: send("DELETE", f"/posts/{hers.public['post_id']}")),
    ],
    "listReplies": [
        (200, lambda send, hers: send("GET", f"/posts/{hers.private['post_id']}/replies")),
        (
            400,
            lambda send, hers: send(
                "GET", f"/posts/{hers.public['post_id']}/replies", params={"cursor": hers.cursor}
            ),
        ),
    ],
    "search": [
        (200, lambda send, hers: send("GET", "/search", params={"q": f"{hers.secret} OR my"})),
        (200, lambda send, hers: send("GET", "/search", params={"tags": hers.secret})),
        (200, lambda send, hers: send("GET", "/search", params={"q": f"{hers.secret[:9]}*", "limit": 50})),
        (400, lambda send, hers: send("GET", "/search", params={"q": hers.secret, "cursor": hers.cursor})),
    ],
    "listNotifications": [
        (200, lambda send, _: send("GET", "/notifications?limit=100")),
        (400, lambda send, hers: send("GET", "/notifications", params={"cursor": hers.cursor})),
    ],
    "countUnread": [(200, lambda send, _: send("GET", "/notifications/unread"))],
    # One's own may be marked up to any id: there is no way to name another's inbox.
    "readAll": [
        (204, lambda send, hers: send("PUT", "/notifications/read", json={"until": hers.public["post_id"]}))
    ],
    "readOne": [
        (404, lambda send, hers: send("PUT", f"/notifications/{hers.public['post_id']}/read")),
    ],
    "getPreferences": [(200, lambda send, _: send("GET", "/notifications/preferences"))],
    "changePreferences": [
        (412, lambda send, _: changed(send, "/notifications/preferences", 99, orders="NONE"))
    ],
    "listDevices": [(200, lambda send, _: send("GET", "/devices"))],
    "registerDevice": [
        # Her device's id, with another token, is a device of one's own.
        (
            200,
            lambda send, hers: send(
                "PUT",
                f"/devices/{hers.device['device_id']}",
                json={"platform": "FCM", "token": secrets.token_hex(32)},
            ),
        ),
    ],
    "removeDevice": [(204, lambda send, hers: send("DELETE", f"/devices/{hers.device['device_id']}"))],
}
"""By operation: what one member sends about what is another's, and the status that it is answered with."""


def test_every_operation_of_the_contract_is_tried() -> None:
    assert ATTEMPTS.keys() == templates.operations("mobile").keys()


@pytest.fixture(params=["the API's address", "the web app's domain"])
def send(request: pytest.FixtureRequest, stack: Stack, grace: MobileApi, grace_herself: Member) -> Send:
    """How Grace sends."""
    if request.param == "the API's address":
        return grace.send
    viewer = Viewer(stack, grace_herself.token)
    return lambda method, path, **more: viewer.send(method, f"/api/mobile{path}", **more)


@pytest.mark.parametrize("operation", ATTEMPTS)
def test_one_member_gets_nowhere_with_what_is_anothers(operation: str, send: Send, hers: Hers) -> None:
    # What the API may keep of Ada's is fresh, and the questions are the same.
    hers.api.read(f"/members/{hers.member_id}/posts", visibility="private")
    hers.api.read("/search", tags=hers.secret)
    for status, attempt in ATTEMPTS[operation]:
        answer = attempt(send, hers)

        assert answer.status_code == status, answer.text
        assert hers.secret not in answer.text.replace(answer.request.url or "", "")
        assert hers.private["post_id"] not in answer.text
        if operation in {"findMember", "getMember"}:
            assert set(answer.json()) == {"member_id", "name", "display_name", "biography"}
        if operation == "getProfile":
            assert answer.json()["member_id"] != hers.member_id
        if operation == "createPost" and status == 201:
            assert answer.json()["author_id"] != hers.member_id
    hers.untouched()


class TestFiles:
    """The bucket that apps write to themselves."""

    @pytest.mark.parametrize("call", ["get_object", "put_object", "delete_object"])
    def test_the_credentials_of_one_reach_nothing_of_the_other(
        self, stack: Stack, ada_herself: Member, grace_herself: Member, hers: Hers, call: str
    ) -> None:
        place = {"Bucket": stack["ImageUploadsBucket"], "Key": f"{ada_herself.identity}/{hers.upload_id}"}

        with pytest.raises(ClientError) as refused:
            getattr(grace_herself.aws("s3"), call)(**place)

        assert refused.value.response["Error"]["Code"] == "AccessDenied"

    def test_a_file_under_anothers_upload_id_becomes_nobodys_image(
        self, stack: Stack, grace: MobileApi, grace_herself: Member, hers: Hers
    ) -> None:
        # Ids of uploads are told to nobody else; this is what happens to one that got out by other means.
        own = grace.send("POST", "/profile/images").json()["upload_id"]
        for upload_id in (hers.upload_id[:-2] + "00", own + "x"):
            grace_herself.aws("s3").put_object(
                Bucket=stack["ImageUploadsBucket"], Key=f"{grace_herself.identity}/{upload_id}", Body=png()
            )

        hers.untouched()
        assert "image_path" not in grace.read(f"/members/{hers.member_id}").json()


class TestTheApisCache:
    """What API Gateway keeps, where the stack has a cache."""

    @pytest.fixture(autouse=True)
    def _cache(self, stack: Stack) -> None:
        if int(stack["MobileCacheSeconds"]) == 0:
            pytest.skip("the stack's API has no cache: MobileCacheGb is 0")

    def test_an_answer_is_kept_for_its_member(self, ada: MobileApi, hers: Hers) -> None:
        """Else nothing of what follows would show anything."""
        mine = f"/members/{hers.member_id}/posts"
        for _ in range(MOST_TRIES):
            before = ada.read(mine).json()
            made = ada.post("just now").json()
            after = ada.read(mine).json()
            ada.send("DELETE", f"/posts/{made['post_id']}")
            if after == before:
                return
        pytest.fail("no answer was kept")

    def test_the_other_never_gets_it(self, ada: MobileApi, grace: MobileApi, hers: Hers) -> None:
        private = f"/members/{hers.member_id}/posts?visibility=private"
        searched = f"/search?q={hers.secret}"
        for _ in range(TRIES):
            # Ada's answers are kept by now, and these are the very same requests.
            assert hers.secret in ada.send("GET", private).text
            assert grace.send("GET", private).status_code == 403
            assert ada.send("GET", searched).json()["total"] == 3
            assert grace.send("GET", searched).json()["total"] == 0
            # And the other way round.
            assert ada.send("GET", private).status_code == 200

    def test_a_cursor_that_is_kept_is_no_way_around(self, ada: MobileApi, grace: MobileApi) -> None:
        first = ada.send("GET", "/posts?limit=1").json()
        mine = grace.send("GET", "/posts?limit=1").json()

        assert first["next_cursor"] != mine["next_cursor"]
        assert ada.read("/posts", limit=1, cursor=first["next_cursor"]).status_code == 200
        assert grace.read("/posts", limit=1, cursor=first["next_cursor"]).status_code == 400

    def test_what_is_kept_is_behind_the_door(self, stack: Stack, ada: MobileApi, hers: Hers) -> None:
        path = f"/members/{hers.member_id}/posts?visibility=private"
        assert ada.send("GET", path).status_code == 200
        token = str(ada.session.headers["Authorization"])

        for forged in (None, "Bearer x", token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")):
            headers = {} if forged is None else {"Authorization": forged}
            answer = requests.get(stack["MobileApiUrl"] + path, headers=headers, timeout=SECONDS)
            assert answer.status_code == 401

    def test_a_member_cannot_have_an_answer_made_anew(self, ada: MobileApi, hers: Hers) -> None:
        mine = f"/members/{hers.member_id}/posts"
        for _ in range(MOST_TRIES):
            before = ada.read(mine)
            made = ada.post("just now").json()
            after = ada.send("GET", mine, headers={"Cache-Control": "max-age=0"})
            ada.send("DELETE", f"/posts/{made['post_id']}")
            assert after.status_code == 200
            assert after.headers.get("Warning", "").startswith("199 ")
            if after.json() == before.json():
                return
        pytest.fail("no answer was kept")

    def test_what_is_read_after_it_was_written_is_never_kept(self, ada: MobileApi) -> None:
        post = ada.post("first").json()
        path = f"/posts/{post['post_id']}"
        for version in range(1, 4):
            assert ada.read(path).json()["version"] == version
            assert ada.read("/profile").json() == ada.read("/profile").json()
            post = ada.change(ada.read(path).json(), text=f"text {version}").json()
        ada.send("DELETE", path)
        assert ada.read(path).status_code == 404
