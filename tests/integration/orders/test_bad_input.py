"""Bad input at the door: a 4xx that names what is wrong, and nothing stored."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

import pytest

from tests.stack import ORDER, OrdersApi

LINE = ORDER["lines"][0]
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def with_line(**changes: Any) -> dict[str, Any]:
    """Return an order whose only line is changed; a None takes the field away."""
    line = {name: value for name, value in {**LINE, **changes}.items() if value is not None}
    return {"currency": "EUR", "lines": [line]}


def assert_problem(answer: Any, status: int, names: str) -> None:
    """Assert that an answer is a problem of this status whose text names the culprit."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert names in json.dumps([problem["detail"], problem.get("errors", [])], ensure_ascii=False), problem


@pytest.fixture(autouse=True)
def nothing_is_stored(api: OrdersApi) -> Any:
    """Whatever a test of this file sends, the member has no order more."""
    before = newest(api)
    yield
    assert newest(api) == before


def newest(api: OrdersApi) -> list[str]:
    """Return the id of the member's newest order, if there is any."""
    return [order["order_id"] for order in api.list(limit=1).json()["items"]]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param({**ORDER, "lines": []}, "lines", id="no lines"),
        pytest.param({**ORDER, "lines": [LINE] * 51}, "lines", id="too many lines"),
        pytest.param({**ORDER, "lines": None}, "lines", id="lines are null"),
        pytest.param({**ORDER, "lines": {"0": LINE}}, "lines", id="lines are an object"),
        pytest.param({"currency": "EUR"}, "lines", id="lines missing"),
        pytest.param({"lines": [LINE]}, "currency", id="currency missing"),
        pytest.param({**ORDER, "currency": "euro"}, "currency", id="currency too long"),
        pytest.param({**ORDER, "currency": "eur"}, "currency", id="currency in small letters"),
        pytest.param({**ORDER, "currency": 978}, "currency", id="currency is a number"),
        pytest.param({**ORDER, "currency": ""}, "currency", id="currency is empty"),
        pytest.param({**ORDER, "total": 1}, "total", id="unknown field"),
        pytest.param({**ORDER, "member_id": "somebody"}, "member_id", id="somebody else's order"),
        pytest.param({**ORDER, "__proto__": {}}, "__proto__", id="prototype"),
        pytest.param(with_line(quantity=None), "quantity", id="quantity missing"),
        pytest.param(with_line(quantity=0), "quantity", id="quantity zero"),
        pytest.param(with_line(quantity=-1), "quantity", id="quantity negative"),
        pytest.param(with_line(quantity=100), "quantity", id="quantity too large"),
        pytest.param(with_line(quantity=1.5), "quantity", id="quantity a fraction"),
        pytest.param(with_line(quantity="2"), "quantity", id="quantity a string"),
        pytest.param(with_line(quantity=True), "quantity", id="quantity a boolean"),
        pytest.param(with_line(quantity=10**400), "quantity", id="quantity absurd"),
        pytest.param(with_line(unit_price=-1), "unit_price", id="price negative"),
        pytest.param(with_line(unit_price=10**9 + 1), "unit_price", id="price too large"),
        pytest.param(with_line(unit_price=12.5), "unit_price", id="price a fraction"),
        pytest.param(with_line(unit_price="12"), "unit_price", id="price a string"),
        pytest.param(with_line(colour="red"), "colour", id="unknown field of a line"),
        pytest.param(with_line(product_id=""), "product_id", id="product empty"),
        pytest.param(with_line(product_id="x" * 65), "product_id", id="product too long"),
        pytest.param(with_line(product_id="../../etc/passwd"), "product_id", id="product a path"),
        pytest.param(with_line(product_id="'; DROP TABLE orders; --"), "product_id", id="product SQL"),
        pytest.param(with_line(product_id="<script>alert(1)</script>"), "product_id", id="product HTML"),
        pytest.param(with_line(product_id="a\x00b"), "product_id", id="product with NUL"),
        pytest.param(with_line(product_id="teapot\n"), "product_id", id="product with a line end"),
        pytest.param(with_line(product_id=FAMILY), "product_id", id="product an emoji"),
        pytest.param(with_line(product_id="t\u0435apot"), "product_id", id="product with a Cyrillic e"),
    ],
)
def test_a_wrong_order_is_refused_by_name(api: OrdersApi, body: Any, names: str) -> None:
    answer = api.send(
        "POST",
        "/orders",
        data=json.dumps(body).encode(),
        headers={"Idempotency-Key": secrets.token_hex(16), "Content-Type": "application/json"},
    )

    assert_problem(answer, 400, names)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"order"', id="a string"),
        pytest.param(b"NaN", id="not a number"),
        pytest.param(b"\xff\xfe\x00", id="not UTF-8"),
        pytest.param(b'{"currency": "\xff", "lines": []}', id="not UTF-8 within"),
        pytest.param(json.dumps(with_line(product_id="\ud800")).encode(), id="half a surrogate pair"),
        pytest.param(b"<order/>", id="XML"),
        pytest.param(b"[" * 10_000 + b"]" * 10_000, id="deeply nested"),
        pytest.param(b'{"lines":' * 500 + b"1" + b"}" * 500, id="deeply nested objects"),
    ],
)
def test_what_is_no_order_at_all_is_refused(api: OrdersApi, body: bytes) -> None:
    headers = {"Idempotency-Key": secrets.token_hex(16), "Content-Type": "application/json"}

    answer = api.send("POST", "/orders", data=body, headers=headers)

    assert_problem(answer, 400, "body")


@pytest.mark.parametrize(("size", "statuses"), [(300_000, {400, 413}), (11 * 2**20, {413})])
def test_a_body_over_the_limit_is_refused(api: OrdersApi, size: int, statuses: set[int]) -> None:
    headers = {"Idempotency-Key": secrets.token_hex(16), "Content-Type": "application/json"}

    answer = api.send("POST", "/orders", data=b'{"currency":"' + b"E" * size + b'"}', headers=headers)

    assert answer.status_code in statuses
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("short", id="too short"),
        pytest.param("k" * 65, id="too long"),
        pytest.param("with space in", id="with spaces"),
        pytest.param("caf\xe9-caf\xe9-caf\xe9", id="not ASCII"),
        pytest.param("order#../1234", id="with separators"),
    ],
)
def test_a_wrong_idempotency_key_is_refused_by_name(api: OrdersApi, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}

    answer = api.send("POST", "/orders", json=ORDER, headers=headers)

    assert_problem(answer, 400, "Idempotency-Key")


@pytest.mark.parametrize("limit", ["0", "-1", "101", "ten", "1.5", "", "9" * 400, "\uff11\uff10"])
def test_a_wrong_limit_is_refused_by_name(api: OrdersApi, limit: str) -> None:
    assert_problem(api.list(limit=limit), 400, "limit")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "",
        "=" * 40,
        "a" * 5000,
        base64.urlsafe_b64encode(b'{"order_id":"1"}').decode(),
        "\u2603",
        "a b",
        "../..",
    ],
)
def test_a_bad_cursor_is_refused_by_name(api: OrdersApi, cursor: str) -> None:
    assert_problem(api.list(cursor=cursor), 400, "cursor")


@pytest.fixture(scope="module")
def cursor(api: OrdersApi) -> str:
    """A cursor that was given to the member."""
    for _ in range(2):
        api.create(ORDER)
    cursor: str = api.list(limit=1).json()["next_cursor"]
    return cursor


class TestCursors:
    """A cursor serves the one it was given to, as it was given."""

    def test_it_continues_for_its_owner(self, api: OrdersApi, cursor: str) -> None:
        assert api.list(cursor=cursor).status_code == 200

    def test_it_is_refused_from_anybody_else(self, strangers_api: OrdersApi, cursor: str) -> None:
        assert_problem(strangers_api.list(cursor=cursor), 400, "cursor")

    def test_it_is_refused_when_any_part_of_it_was_changed(self, api: OrdersApi, cursor: str) -> None:
        for place in range(0, len(cursor), 7):
            other = "A" if cursor[place] != "A" else "B"
            assert_problem(api.list(cursor=cursor[:place] + other + cursor[place + 1 :]), 400, "cursor")

    def test_it_is_refused_when_cut(self, api: OrdersApi, cursor: str) -> None:
        assert_problem(api.list(cursor=cursor[:-4]), 400, "cursor")


@pytest.mark.parametrize(
    "order_id",
    [
        "1",
        "not-an-id",
        "%00",
        "%2e%2e",
        "..%2f..",
        "'%20OR%201=1",
        "\u2603",
        "a" * 2000,
        "0" * 36,
        "%F0%9F%92%A9",
    ],
)
def test_an_order_that_cannot_be_is_not_found(api: OrdersApi, order_id: str) -> None:
    answer = api.get(order_id)

    assert answer.status_code in {400, 404}, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/orders"),
        ("DELETE", "/orders"),
        ("PATCH", "/orders/1"),
        ("POST", "/orders/1"),
        ("TRACE", "/orders"),
        ("BREW", "/orders"),
        ("GET", "/"),
        ("GET", "/order"),
        ("GET", "/orders/1/lines"),
        ("GET", "/Orders"),
        ("GET", "/orders;x=1"),
        ("GET", "/%6frders/../x"),
    ],
)
def test_what_the_api_does_not_have_is_not_found(api: OrdersApi, method: str, path: str) -> None:
    answer = api.send(method, path)

    assert answer.status_code in {404, 405}, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_another_media_type_is_refused(api: OrdersApi) -> None:
    headers = {"Idempotency-Key": secrets.token_hex(16), "Content-Type": "text/xml"}

    answer = api.send("POST", "/orders", data=b"<order/>", headers=headers)

    assert answer.status_code in {400, 415}
    assert answer.headers["Content-Type"] == "application/problem+json"
