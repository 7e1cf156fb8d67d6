"""The catalogue: everybody reads, staff write what they have read, and the tier says how much."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.credentials import encoded, header_of
from tests.stack import CatalogApi, Member, Stack
from tests.web import Viewer

MOST = 400
"""More requests than the free tier takes at once, on this machine: samconfig.toml, section local."""
AT_ONCE = 16
INDEX_SECONDS = 60


@pytest.fixture
def product(staff: CatalogApi) -> Iterator[dict[str, Any]]:
    """A product that is there for one test, in a category of its own."""
    word = secrets.token_hex(4)
    made = {
        "product_id": f"test-{word}",
        "name": f"{word} for a test",
        "description": "It goes again.",
        "category": f"test-{word}",
        "unit_price": 100,
        "currency": "EUR",
    }
    assert staff.add(made).status_code == 201
    yield made
    staff.remove(f"test-{word}", **{"If-Match": "*"})


def offer(product: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return what a change sends: the product without its id."""
    return {name: value for name, value in {**product, **changes}.items() if name != "product_id"}


def listed(api: CatalogApi, **query: Any) -> list[str]:
    """Return the ids that a list has."""
    return [item["product_id"] for item in api.list(**query).json()["items"]]


class TestReading:
    """Everybody reads."""

    def test_the_products_of_the_shop_are_there(self, visitors: CatalogApi) -> None:
        assert {"teapot", "cup"} <= set(listed(visitors, category="kitchen"))
        assert visitors.get("teapot").json()["unit_price"] == 2450

    def test_a_list_is_searched_and_paged(self, visitors: CatalogApi) -> None:
        whole = listed(visitors, name="st")
        first = visitors.list(name="st", limit=1).json()
        rest = visitors.list(name="st", limit=100, cursor=first["next_cursor"]).json()

        assert [*first["items"], *rest["items"]] == visitors.list(name="st").json()["items"]
        assert "teapot" in whole

    def test_a_visitor_may_be_a_minute_behind_and_a_member_is_not(
        self, visitors: CatalogApi, staff: CatalogApi
    ) -> None:
        assert visitors.get("teapot").headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
        assert staff.get("teapot").headers["Cache-Control"] == "private, no-cache"
        assert visitors.get("teapot").headers["Vary"] == "Authorization"

    def test_on_the_apps_domain_too(self, stack: Stack, member: Member) -> None:
        for viewer in (Viewer(stack), Viewer(stack, member.token)):
            assert viewer.get("/api/catalog/products/teapot").json()["product_id"] == "teapot"
        assert Viewer(stack).get("/api/catalog/products?category=kitchen").json()["items"]
        assert Viewer(stack, "x.y.z").get("/api/catalog/products").status_code == 401


class TestChanging:
    """Staff change what they have read."""

    def test_of_two_who_have_read_the_same_one_changes_it(
        self, staff: CatalogApi, product: dict[str, Any]
    ) -> None:
        product_id, read = product["product_id"], staff.get(product["product_id"]).headers["ETag"]

        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(
                    lambda price: staff.change(
                        product_id, offer(product, unit_price=price), **{"If-Match": read}
                    ),
                    range(1, 5),
                )
            )

        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        (winner,) = (answer.json() for answer in answers if answer.status_code == 200)
        assert staff.get(product_id).json() == winner

    def test_without_saying_what_was_read_nothing_is_changed(
        self, staff: CatalogApi, product: dict[str, Any]
    ) -> None:
        before = staff.get(product["product_id"])

        assert staff.change(product["product_id"], offer(product, unit_price=1)).status_code == 428
        assert staff.remove(product["product_id"]).status_code == 428
        assert staff.get(product["product_id"]).headers["ETag"] == before.headers["ETag"]

    def test_what_is_withdrawn_leaves_the_list_and_stays_staffs(
        self, visitors: CatalogApi, staff: CatalogApi, product: dict[str, Any]
    ) -> None:
        product_id, category = product["product_id"], product["category"]
        assert self.until(lambda: listed(visitors, category=category) == [product_id])

        staff.change(product_id, offer(product, active=False), **{"If-Match": "*"})

        assert visitors.get(product_id).status_code == 404
        assert self.until(lambda: listed(visitors, category=category) == [])
        assert self.until(lambda: listed(staff, category=category, active="false") == [product_id])

    @staticmethod
    def until(holds: Any) -> bool:
        """Wait for an index to follow the table."""
        deadline = time.monotonic() + INDEX_SECONDS
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.1)
        return bool(holds())


class TestWhoMay:
    """Each kind of caller at each operation."""

    def answers(self, api: CatalogApi, product: dict[str, Any]) -> list[int]:
        product_id, any_state = product["product_id"], {"If-Match": "*"}
        return [
            answer.status_code
            for answer in (
                api.list(limit=1),
                api.list(active="false"),
                api.get(product_id),
                api.add(product),
                api.change(product_id, offer(product, unit_price=1), **any_state),
                api.remove(product_id, **any_state),
            )
        ]

    def test_visitors_read(self, visitors: CatalogApi, product: dict[str, Any]) -> None:
        assert self.answers(visitors, product) == [200, 403, 200, 401, 401, 401]

    def test_members_read(self, stack: Stack, member: Member, product: dict[str, Any]) -> None:
        api = CatalogApi(stack["CatalogApiUrl"], member.token)

        assert self.answers(api, product) == [200, 403, 200, 403, 403, 403]

    def test_staff_do_it_all(self, staff: CatalogApi, product: dict[str, Any]) -> None:
        assert self.answers(staff, product) == [200, 200, 200, 409, 200, 204]

    def test_whoever_was_let_go_changes_nothing(
        self, stack: Stack, visitors: CatalogApi, product: dict[str, Any]
    ) -> None:
        cognito, former = stack.client("cognito-idp"), stack.enrol("staff")
        cognito.admin_remove_user_from_group(
            UserPoolId=stack["UserPoolId"], Username=former.email, GroupName="staff"
        )
        try:
            api = CatalogApi(stack["CatalogApiUrl"], former.token)
            assert self.answers(api, product) == [200, 403, 200, 403, 403, 403]
        finally:
            former.leave()
        assert visitors.get(product["product_id"]).json()["unit_price"] == 100

    @pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
    def test_a_tampered_token_gets_nowhere(
        self, stack: Stack, colleague: Member, product: dict[str, Any], part: int
    ) -> None:
        parts = colleague.token.split(".")
        middle = len(parts[part]) // 2
        letter = "A" if parts[part][middle] != "A" else "B"
        parts[part] = parts[part][:middle] + letter + parts[part][middle + 1 :]

        assert set(self.answers(CatalogApi(stack["CatalogApiUrl"], ".".join(parts)), product)) == {401}

    def test_neither_does_one_of_another_kind(
        self, stack: Stack, member: Member, colleague: Member, product: dict[str, Any]
    ) -> None:
        unsigned = f"{encoded({**header_of(member.token), 'alg': 'none'})}.{encoded(colleague.claims)}."

        for token in (unsigned, colleague.tokens["IdToken"], "x", "A" * 9000):
            api = CatalogApi(stack["CatalogApiUrl"], token)
            answers = self.answers(api, product)
            assert set(answers) == {401}, token[:20]
            assert api.get("teapot").headers["WWW-Authenticate"] == "Bearer"


class TestTiers:
    """A tier's plan bounds what its members ask for in all."""

    def ask(self, stack: Stack, token: str, requests_: int) -> list[requests.Response]:
        """Read as often as said, or until the answer is 429."""
        answers: list[requests.Response] = []

        def one(_: int) -> None:
            if not any(answer.status_code == 429 for answer in answers):
                answers.append(CatalogApi(stack["CatalogApiUrl"], token).get("teapot"))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, range(requests_)))
        return answers

    def test_a_premium_member_gets_further_than_a_free_one(self, stack: Stack) -> None:
        if not stack.on_this_machine:
            pytest.skip("what a stage's plans take is not known, and may be more than a test should ask for")
        free, premium = stack.enrol("members"), stack.enrol("members", "premium")
        try:
            took = self.ask(stack, free.token, MOST)
            further = self.ask(stack, premium.token, 2 * len(took))
        finally:
            free.leave()
            premium.leave()

        refused = [answer for answer in took if answer.status_code == 429]
        assert refused
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        assert {answer.headers["Content-Type"] for answer in refused} == {"application/problem+json"}
        assert {answer.status_code for answer in took} == {200, 429}
        assert {answer.status_code for answer in further} == {200}
        assert len(further) > len(took)

    def test_what_the_free_members_use_up_is_not_the_visitors(
        self, stack: Stack, visitors: CatalogApi
    ) -> None:
        if not stack.on_this_machine:
            pytest.skip("what a stage's plans take is not known, and may be more than a test should ask for")
        free = stack.enrol("members")
        try:
            took = self.ask(stack, free.token, MOST)
            theirs = visitors.get("teapot")
        finally:
            free.leave()

        assert 429 in {answer.status_code for answer in took}
        assert theirs.status_code == 200

    def test_a_key_that_a_caller_sends_is_not_read(self, stack: Stack) -> None:
        keys = stack.client("apigateway").get_api_keys(includeValues=True)["items"]

        for key in [key["value"] for key in keys] + ["x" * 20]:
            answer = requests.get(
                f"{stack['CatalogApiUrl']}/products/teapot", headers={"x-api-key": key}, timeout=30
            )
            assert answer.status_code == 200
