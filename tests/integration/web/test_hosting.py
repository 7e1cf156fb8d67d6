"""The web app's domain: what CloudFront answers, to whom, and for how long it may be kept."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from local.publish import Site, config, site_of
from shared.ids import uuid7
from tests.login import Login, query_of
from tests.stack import Member, Stack
from tests.web import Viewer

HIT = "Hit from cloudfront"
LEAST_COMPRESSED = 1000
ELSEWHERE = "https://elsewhere.example.com"
PAGES = ["/", "/index.html", "/orders/42", "/signed-in?code=1&state=2", "/config.json"]


@pytest.fixture
def viewer(stack: Stack) -> Viewer:
    """Somebody who has not signed in."""
    return Viewer(stack)


@pytest.fixture
def site(stack: Stack) -> Iterator[Site]:
    """The bucket behind the domain; what was served before is served after."""
    site = site_of(stack)
    before = site.history()[-1]
    yield site
    while site.history()[-1].digest != before.digest:
        site.back(datetime.now(UTC))


def asset(viewer: Viewer) -> str:
    """Return the path of something that the page names."""
    first: str = re.findall(r'"(/assets/[^"]+)"', viewer.get("/").text)[0]
    return first


class TestPages:
    """What people see."""

    def test_every_route_is_the_app(self, viewer: Viewer) -> None:
        page = viewer.get("/")

        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        for path in ("/orders", "/orders/", "/orders/42?tab=timeline", "/signed-in?code=1&state=2"):
            assert viewer.get(path).text == page.text, path

    def test_a_file_that_is_not_there_is_404_and_not_the_app(self, viewer: Viewer) -> None:
        for path in ("/assets/app-0000.js", "/favicon-0000.ico", "/releases/release.json"):
            answer = viewer.get(path)
            assert answer.status_code == 404, path
            assert "<html" not in answer.text, path

    def test_the_app_is_told_of_its_stack(self, stack: Stack, viewer: Viewer) -> None:
        told = viewer.get("/config.json").json()

        assert told["userPoolClientId"] == stack["UserPoolClientId"]
        assert told["loginUrl"] == stack["LoginUrl"]
        assert "assword" not in viewer.get("/config.json").text

    @pytest.mark.parametrize("path", PAGES)
    def test_a_page_is_asked_for_each_time(self, viewer: Viewer, path: str) -> None:
        assert viewer.get(path).headers["Cache-Control"] == "no-cache"

    def test_an_asset_is_kept_for_a_year(self, viewer: Viewer) -> None:
        answer = viewer.get(asset(viewer))

        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_the_edge_keeps_an_asset_and_asks_for_a_page_each_time(self, viewer: Viewer) -> None:
        viewer.get(asset(viewer))

        assert viewer.get(asset(viewer)).headers["X-Cache"] == HIT
        for path in (*PAGES, *PAGES):
            assert viewer.get(path).headers["X-Cache"] != HIT, path

    def test_text_is_sent_compressed(self, viewer: Viewer) -> None:
        named = re.findall(r'"(/assets/[^"]+)"', viewer.get("/").text)
        answers = {path: viewer.get(path, **{"Accept-Encoding": "identity"}) for path in named}
        longest = max(answers, key=lambda path: len(answers[path].content))
        plain = answers[longest]
        if len(plain.content) < LEAST_COMPRESSED:
            pytest.skip("without a build of the app, nothing is long enough to be compressed")

        packed = viewer.get(longest, **{"Accept-Encoding": "gzip"})

        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.content == plain.content

    def test_what_the_browser_has_is_not_sent_again(self, viewer: Viewer) -> None:
        known = viewer.get("/").headers["ETag"]

        assert viewer.get("/", **{"If-None-Match": known}).status_code == 304

    def test_nothing_is_changed_from_outside(self, viewer: Viewer) -> None:
        for method in ("PUT", "POST", "DELETE"):
            assert viewer.send(method, "/index.html", data=b"mine").status_code == 403


class TestHeaders:
    """What the browser is told to refuse."""

    @pytest.mark.parametrize("path", [*PAGES, "/assets/app-0000.js"])
    def test_each_answer_has_them(self, viewer: Viewer, path: str) -> None:
        headers = viewer.get(path).headers

        assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]

    def test_scripts_and_styles_are_the_sites_own_files(self, viewer: Viewer) -> None:
        policy = viewer.policy()

        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == ["'self'"]
        assert not [
            each for sources in policy.values() for each in sources if "unsafe" in each or each == "*"
        ]

    def test_the_app_reaches_sign_in_where_images_go_and_nothing_else(
        self, stack: Stack, viewer: Viewer
    ) -> None:
        region = stack["UserPoolId"].partition("_")[0]
        sources = viewer.policy()["connect-src"]
        further = {"http://localhost:*", "http://127.0.0.1:*"} if stack.on_this_machine else set()

        assert set(sources[:4]) == {
            "'self'",
            f"https://cognito-idp.{region}.amazonaws.com",
            f"https://cognito-identity.{region}.amazonaws.com",
            f"https://{stack['ImageUploadsBucket']}.s3.{region}.amazonaws.com",
        }
        assert sources[4].endswith(f".auth.{region}.amazoncognito.com")
        assert set(sources[5:]) <= further

    def test_an_answer_of_an_api_can_do_nothing_in_a_browser(self, viewer: Viewer) -> None:
        headers = viewer.get("/api/orders/orders").headers

        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


class TestApis:
    """The APIs on the same domain."""

    def test_a_member_is_known_by_the_token(self, stack: Stack, member: Member) -> None:
        answer = Viewer(stack, member.token).get("/api/orders/orders?limit=1")

        assert answer.status_code == 200
        assert "items" in answer.json()
        assert Viewer(stack).get("/api/orders/orders").status_code == 401

    def test_the_query_reaches_the_api(self, stack: Stack, member: Member) -> None:
        answer = Viewer(stack, member.token).get("/api/orders/orders?limit=0")

        assert answer.status_code == 400
        assert "limit" in answer.text

    def test_nothing_of_a_members_is_kept_for_another(
        self, stack: Stack, member: Member, stranger: Member
    ) -> None:
        for _ in range(2):
            for person in (member, stranger):
                answer = Viewer(stack, person.token).get("/api/orders/orders")
                assert answer.headers["X-Cache"] != HIT

    def test_no_error_is_kept(self, stack: Stack, member: Member, stranger: Member) -> None:
        for path in (
            f"/api/orders/orders/{uuid7()}",
            "/api/orders/orders?limit=0",
            "/api/catalog/products/none",
        ):
            for person in (member, stranger, member):
                answer = Viewer(stack, person.token).get(path)
                assert answer.status_code in {400, 404}
                assert answer.headers["X-Cache"] != HIT

    def test_what_visitors_read_is_kept_and_what_members_read_is_not(
        self, stack: Stack, member: Member, stranger: Member
    ) -> None:
        path = f"/api/catalog/products?limit={secrets.randbelow(50) + 1}&name=stone"
        visitor = Viewer(stack)

        visitor.get(path)

        assert visitor.get(path).headers["X-Cache"] == HIT
        assert visitor.get(f"{path}w").headers["X-Cache"] != HIT
        for person in (member, member, stranger):
            assert Viewer(stack, person.token).get(path).headers["X-Cache"] != HIT

    @pytest.mark.parametrize("path", ["/api/", "/api/none", "/api/none/of.these"])
    def test_an_api_that_is_not_there_is_a_problem_detail(self, viewer: Viewer, path: str) -> None:
        answer = viewer.get(path)

        assert answer.status_code == answer.json()["status"] == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


class TestElsewhere:
    """Another origin gets nowhere."""

    @pytest.mark.parametrize("path", ["/", "/config.json", "/api/orders/orders", "/api/none"])
    def test_no_answer_lets_another_origin_read_it(self, viewer: Viewer, path: str) -> None:
        asked = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"}

        for method in ("GET", "OPTIONS"):
            answer = viewer.send(method, path, headers=asked)
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]

    def test_the_bucket_answers_nobody_but_the_distribution(self, stack: Stack) -> None:
        bucket = stack["WebBucket"]
        door = (
            f"{stack['EngineUrl']}/{bucket}"
            if stack.on_this_machine
            else f"https://{bucket}.s3.amazonaws.com"
        )

        for path in ("/", "/site/index.html", "/site/config.json"):
            assert requests.get(door + path, timeout=30).status_code == 403

    def test_sign_in_leads_back_to_this_domain_only(self, stack: Stack, member: Member) -> None:
        back = f"{stack['WebUrl']}/signed-in"

        answer = Login(stack).code(member, "openid orders/read", back)

        assert answer.headers["Location"].startswith(f"{back}?")
        assert query_of(answer)["state"] == "the app's own"
        for other in (
            f"{ELSEWHERE}/signed-in",
            f"{stack['WebUrl']}.example.com/signed-in",
            f"{stack['WebUrl']}/x",
        ):
            assert Login(stack).code(member, "openid orders/read", other).status_code == 400

    def test_sign_out_leads_back_to_this_domain_only(self, stack: Stack) -> None:
        if not stack.on_this_machine:
            pytest.skip("AWS answers with its own page for errors")
        asked = {"client_id": stack["UserPoolClientId"], "logout_uri": f"{stack['WebUrl']}/"}

        def leave(address: str) -> int:
            query = {**asked, "logout_uri": address}
            url = f"{stack['LoginUrl']}/logout"
            return requests.get(url, params=query, timeout=30, allow_redirects=False).status_code

        assert leave(f"{stack['WebUrl']}/") == 302
        assert leave(f"{ELSEWHERE}/") == 400


class TestReleases:
    """A build takes the place of the one before at once, whole, and gives it back."""

    def test_a_release_comes_whole_and_goes_back(self, stack: Stack, viewer: Viewer, site: Site) -> None:
        open_page = asset(viewer)
        before = viewer.get("/").text
        word = secrets.token_hex(4)
        build = {
            "index.html": f'<!doctype html><link rel="stylesheet" href="/assets/app-{word}.css">'.encode(),
            f"assets/app-{word}.css": b"p { color: red }",
        }

        site.publish(build, config(stack), datetime.now(UTC))
        during = viewer.get("/").text
        site.back(datetime.now(UTC))

        assert word in during
        assert viewer.get(f"/assets/app-{word}.css").headers["Content-Type"] == "text/css; charset=utf-8"
        assert viewer.get(open_page).status_code == 200
        assert viewer.get("/").text == before
