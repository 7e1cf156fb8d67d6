"""The catalogue's function, from API Gateway's event to its answer, over a table in memory."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.functions import Context, load, sample_event
from tests.unit.web.fakes import FakeProducts
from web.models import NewProduct, Offer, Search, folded
from web.repository import Products

Answer = dict[str, Any]
TEAPOT: dict[str, Any] = {
    "product_id": "teapot",
    "name": "Stoneware teapot",
    "description": "Holds six cups.",
    "category": "kitchen",
    "unit_price": 2450,
    "currency": "EUR",
}
VISITOR = {"principalId": "visitor", "tier": "visitor", "groups": "", "refused": "false"}
MEMBER = {"principalId": "8f14e45f", "tier": "free", "groups": "members", "refused": "false"}
COLLEAGUE = {"principalId": "9a25f561", "tier": "free", "groups": "staff", "refused": "false"}
REFUSED = {**VISITOR, "refused": "true"}
STAFF = {"claims": {"sub": "9a25f561", "cognito:groups": "staff"}}


@pytest.fixture
def table() -> FakeProducts:
    return FakeProducts()


@pytest.fixture
def call(table: FakeProducts, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Send a request as somebody; visitors read and staff write unless `caller` says otherwise."""
    monkeypatch.setattr("shared.tables.Table", lambda _: table)
    environment = {"PRODUCTS_TABLE": "products", "CURSOR_KEY": "0f8fad5b-d9cb-469f-a165-70867728950e"}
    module = load("web", "catalog", monkeypatch, environment)

    def send(
        method: str,
        product_id: str = "",
        *,
        body: Any = None,
        caller: Any = None,
        query: dict[str, str] | None = None,
        **headers: str,
    ) -> Answer:
        event = copy.deepcopy(sample_event("web", "catalog"))
        event["httpMethod"] = method
        event["resource"] = "/products/{product_id}" if product_id else "/products"
        event["pathParameters"] = {"product_id": product_id} if product_id else None
        event["requestContext"]["authorizer"] = caller or (VISITOR if method == "GET" else STAFF)
        event["multiValueQueryStringParameters"] = {
            name: [text] for name, text in (query or {}).items()
        } or None
        event["body"] = None if body is None else json.dumps(body)
        for name, text in headers.items():
            event["multiValueHeaders"][name.replace("_", "-")] = [text]
        answer: Answer = module.handler(event, Context())
        return {**answer, "json": json.loads(answer["body"]) if answer["body"] else None}

    return send


def offer(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**TEAPOT, **changes}.items() if name != "product_id"}


class TestReading:
    """Everybody reads what is on the shelf."""

    def test_a_visitor_reads_what_staff_added(self, call: Callable[..., Answer]) -> None:
        added = call("POST", body=TEAPOT)
        read = call("GET", "teapot")

        assert (added["statusCode"], added["headers"]["Location"]) == (201, "products/teapot")
        assert (
            read["json"]
            == added["json"]
            == {**TEAPOT, "active": True, "updated_at": read["json"]["updated_at"]}
        )
        assert read["headers"]["ETag"] == added["headers"]["ETag"]

    @pytest.mark.parametrize(
        ("caller", "kept", "how"),
        [
            (VISITOR, "public, max-age=0, s-maxage=60", "GetItem"),
            (MEMBER, "private, no-cache", "GetItem, consistent"),
        ],
        ids=["visitor", "member"],
    )
    def test_what_all_see_alike_is_kept_and_what_a_member_sees_is_fresh(
        self, call: Callable[..., Answer], table: FakeProducts, caller: Any, kept: str, how: str
    ) -> None:
        call("POST", body=TEAPOT)

        for answer in (call("GET", "teapot", caller=caller), call("GET", caller=caller)):
            assert answer["headers"]["Cache-Control"] == kept
            assert answer["headers"]["Vary"] == "Authorization"
        assert table.calls == ["PutItem", how, "Query"]

    def test_what_the_client_has_is_not_sent_again(self, call: Callable[..., Answer]) -> None:
        tag = call("POST", body=TEAPOT)["headers"]["ETag"]

        assert call("GET", "teapot", If_None_Match=tag)["statusCode"] == 304
        assert call("GET", "teapot", If_None_Match=f"W/{tag}")["statusCode"] == 304
        assert call("GET", "teapot", If_None_Match='"another"')["statusCode"] == 200

    def test_a_token_that_is_no_good_is_told_so(self, call: Callable[..., Answer]) -> None:
        for answer in (call("GET", "teapot", caller=REFUSED), call("GET", caller=REFUSED)):
            assert answer["statusCode"] == 401
            assert answer["headers"]["WWW-Authenticate"] == "Bearer"

    def test_what_is_withdrawn_is_for_staff(self, call: Callable[..., Answer]) -> None:
        call("POST", body={**TEAPOT, "active": False})

        assert (
            call("GET", "teapot")["statusCode"] == call("GET", "teapot", caller=MEMBER)["statusCode"] == 404
        )
        assert call("GET", "teapot", caller=COLLEAGUE)["statusCode"] == 200
        assert call("GET")["json"]["items"] == []
        assert call("GET", query={"active": "false"})["statusCode"] == 403
        (found,) = call("GET", query={"active": "false"}, caller=COLLEAGUE)["json"]["items"]
        assert found["product_id"] == "teapot"

    @pytest.mark.parametrize("product_id", ["none", "a b", "x" * 3000, "-", "té"])
    def test_what_is_not_there_is_404(self, call: Callable[..., Answer], product_id: str) -> None:
        assert call("GET", product_id)["statusCode"] == 404
        assert call("PUT", product_id, body=offer(), If_Match="*")["statusCode"] == 404
        assert call("DELETE", product_id, If_Match="*")["statusCode"] == 404


class TestLists:
    """A list is one Query, whatever is looked for."""

    def fill(self, call: Callable[..., Answer]) -> None:
        for number, (name, category) in enumerate(
            [("Teapot", "kitchen"), ("tea strainer", "kitchen"), ("TEA, green", "pantry"), ("Cup", "kitchen")]
        ):
            call("POST", body={**TEAPOT, "product_id": f"p{number}", "name": name, "category": category})

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({}, ["Cup", "tea strainer", "TEA, green", "Teapot"]),
            ({"name": "TEA"}, ["tea strainer", "TEA, green", "Teapot"]),
            ({"category": "kitchen"}, ["Cup", "tea strainer", "Teapot"]),
            ({"category": "kitchen", "name": "teap"}, ["Teapot"]),
            ({"name": "pot"}, []),
            ({"category": "garden"}, []),
        ],
        ids=str,
    )
    def test_by_name_and_category(
        self, call: Callable[..., Answer], table: FakeProducts, query: dict[str, str], names: list[str]
    ) -> None:
        self.fill(call)
        table.calls.clear()

        found = call("GET", query=query)

        assert [item["name"] for item in found["json"]["items"]] == names
        assert "next_cursor" not in found["json"]
        assert table.calls == ["Query"]

    def test_a_cursor_is_good_for_its_own_search(self, call: Callable[..., Answer]) -> None:
        self.fill(call)
        cursor = call("GET", query={"limit": "1", "name": "tea"})["json"]["next_cursor"]

        assert call("GET", query={"limit": "1", "name": "tea", "cursor": cursor})["statusCode"] == 200
        for other in ({"name": "te"}, {"category": "kitchen", "name": "tea"}, {}):
            assert call("GET", query={**other, "cursor": cursor})["statusCode"] == 400

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"limit": "0"}, "limit"),
            ({"limit": "101"}, "limit"),
            ({"cursor": "x"}, "cursor"),
            ({"category": "Küche"}, "category"),
            ({"name": "x" * 121}, "name"),
            ({"active": "maybe"}, "active"),
            ({"colour": "red"}, "colour"),
        ],
        ids=str,
    )
    def test_a_parameter_that_does_not_fit_is_named(
        self, call: Callable[..., Answer], query: dict[str, str], field: str
    ) -> None:
        answer = call("GET", query=query)

        assert answer["statusCode"] == 400
        assert [error["field"] for error in answer["json"]["errors"]] == [field]


class TestChanging:
    """Staff change what they have read, and nobody else anything."""

    def test_a_change_needs_the_state_it_is_about(self, call: Callable[..., Answer]) -> None:
        first = call("POST", body=TEAPOT)["headers"]["ETag"]

        without = call("PUT", "teapot", body=offer(unit_price=1))
        changed = call("PUT", "teapot", body=offer(unit_price=2600), If_Match=first)
        late = call("PUT", "teapot", body=offer(unit_price=1), If_Match=first)
        weak = call("PUT", "teapot", body=offer(unit_price=2700), If_Match=f"W/{changed['headers']['ETag']}")

        assert [one["statusCode"] for one in (without, changed, late, weak)] == [428, 200, 412, 200]
        assert call("GET", "teapot")["json"]["unit_price"] == 2700

    def test_the_same_for_removing(self, call: Callable[..., Answer]) -> None:
        tag = call("POST", body=TEAPOT)["headers"]["ETag"]

        answers = [
            call("DELETE", "teapot", **match) for match in ({}, {"If_Match": '"old"'}, {"If_Match": tag})
        ]

        assert [one["statusCode"] for one in answers] == [428, 412, 204]
        assert call("DELETE", "teapot", If_Match="*")["statusCode"] == 404

    def test_what_was_removed_and_added_again_is_another_state(self, call: Callable[..., Answer]) -> None:
        old = call("POST", body=TEAPOT)["headers"]["ETag"]
        call("DELETE", "teapot", If_Match="*")
        call("POST", body=TEAPOT)

        assert call("PUT", "teapot", body=offer(), If_Match=old)["statusCode"] == 412

    def test_an_id_is_taken_once(self, call: Callable[..., Answer]) -> None:
        call("POST", body=TEAPOT)

        again = call("POST", body={**TEAPOT, "unit_price": 1})

        assert (again["statusCode"], again["json"]["errors"][0]["field"]) == (409, "/product_id")
        assert call("GET", "teapot")["json"]["unit_price"] == 2450

    def test_what_a_change_leaves_out_is_gone(self, call: Callable[..., Answer]) -> None:
        tag = call("POST", body={**TEAPOT, "image": "/images/teapot.webp"})["headers"]["ETag"]

        assert "image" not in call("PUT", "teapot", body=offer(), If_Match=tag)["json"]

    @pytest.mark.parametrize("groups", ["", "members", "premium,members", "staffing"])
    def test_others_change_nothing(
        self, call: Callable[..., Answer], table: FakeProducts, groups: str
    ) -> None:
        other = {"claims": {"sub": "x", "cognito:groups": groups}}

        for answer in (
            call("POST", body=TEAPOT, caller=other),
            call("PUT", "teapot", body=offer(), caller=other, If_Match="*"),
            call("DELETE", "teapot", caller=other, If_Match="*"),
        ):
            assert answer["statusCode"] == 403
        assert table.calls == []

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": ""}, "/name"),
            ({"name": " x"}, "/name"),
            ({"name": "x" * 121}, "/name"),
            ({"description": "x" * 2001}, "/description"),
            ({"category": "Kitchen"}, "/category"),
            ({"unit_price": -1}, "/unit_price"),
            ({"unit_price": 24.5}, "/unit_price"),
            ({"currency": "XXX"}, "/currency"),
            ({"image": "https://elsewhere.example.com/x.png"}, "/image"),
            ({"image": None}, "/image"),
            ({"active": "yes"}, "/active"),
            ({"discount": 1}, "/discount"),
        ],
        ids=str,
    )
    def test_a_field_that_does_not_fit_is_named(
        self, call: Callable[..., Answer], table: FakeProducts, changes: dict[str, Any], field: str
    ) -> None:
        answer = call("POST", body={**TEAPOT, **changes})

        assert answer["statusCode"] == 400
        assert [error["field"] for error in answer["json"]["errors"]] == [field]
        assert table.calls == []


WORDS = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=12)
NAMES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


@given(st.dictionaries(st.text("abcde01", min_size=1, max_size=8), NAMES, max_size=20), st.integers(1, 7))
def test_pages_follow_one_another_without_a_gap_or_a_double(names: dict[str, str], limit: int) -> None:
    products = Products(FakeProducts())  # type: ignore[arg-type]  # a fake of it
    for product_id, name in names.items():
        products.add(_new(product_id, name))
    seen: list[str] = []
    after = None
    while True:
        page, after = products.page(Search(), limit, after)
        assert 1 <= len(page) <= limit or not names
        seen += [product.product_id for product in page]
        if after is None:
            break

    assert sorted(seen) == sorted(names)
    assert [folded(names[each]) for each in seen] == sorted(folded(name) for name in names.values())


@given(NAMES, st.data())
def test_whatever_a_name_begins_with_finds_it(name: str, data: st.DataObject) -> None:
    products = Products(FakeProducts())  # type: ignore[arg-type]  # a fake of it
    products.add(_new("only", name))
    beginning = name[: data.draw(st.integers(1, len(name)))]

    found, _ = products.page(Search(name=folded(beginning)), 1, None)

    # A letter that a following mark joins is another letter, and is not what the name begins with.
    assert found or not folded(name).startswith(folded(beginning))


@given(NAMES)
def test_a_name_is_folded_for_good_and_fits_a_key(name: str) -> None:
    once = folded(name)

    assert len(once.encode()) <= 1024
    assert once


def _new(product_id: str, name: str) -> NewProduct:
    rest = {key: value for key, value in TEAPOT.items() if key not in {"product_id", "name"}}
    return NewProduct(product_id=product_id, name=name, **rest)


def test_an_offer_is_what_a_new_product_is_beside_its_id() -> None:
    assert {*Offer.__struct_fields__, "product_id"} == set(TEAPOT) | {"image", "active"}
