"""The handlers, from API Gateway's event to its answer, over tables in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.config import ConfigurationError
from shared.observability import Fault
from tests.unit.functions import Context, load, sample_event
from tests.unit.orders.fakes import Crash, FakeTable

Answer = dict[str, Any]
Call = Callable[[dict[str, Any]], Answer]
SUB = sample_event("orders", "create_order")["requestContext"]["authorizer"]["claims"]["sub"]


@pytest.fixture
def tables() -> dict[str, FakeTable]:
    """The tables, by the names that functions know them by."""
    return {
        "orders-table": FakeTable("member_id", "order_id", Awaiting=("awaiting", "awaiting_since")),
        "idempotency-table": FakeTable("id"),
    }


@pytest.fixture
def function(tables: dict[str, FakeTable], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Call]:
    """Load a function of the service."""
    monkeypatch.setattr("shared.tables.Table", tables.__getitem__)
    environment = {
        "ORDERS_TABLE": "orders-table",
        "IDEMPOTENCY_TABLE": "idempotency-table",
        "CURSOR_KEY": "0f8fad5b-d9cb-469f-a165-70867728950e",
    }

    def loaded(name: str) -> Call:
        module = load("orders", name, monkeypatch, environment)
        return lambda event: module.handler(event, Context())

    return loaded


@pytest.fixture
def create(function: Callable[[str], Call]) -> Call:
    return function("create_order")


@pytest.fixture
def get(function: Callable[[str], Call]) -> Call:
    return function("get_order")


@pytest.fixture
def list_(function: Callable[[str], Call]) -> Call:
    return function("list_orders")


@pytest.fixture(autouse=True)
def nothing_personal_is_logged(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    logged = capsys.readouterr().out
    assert SUB not in logged
    assert "0f8fad5b-d9cb-469f-a165-70867728950e" not in logged
    assert "teapot" not in logged


def creating(body: Any = None, key: str | None = None) -> dict[str, Any]:
    event = sample_event("orders", "create_order")
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    if key is not None:
        event["multiValueHeaders"]["Idempotency-Key"] = [key]
    return event


def getting(order_id: str, sub: str = SUB) -> dict[str, Any]:
    event = sample_event("orders", "get_order")
    event["pathParameters"] = {"order_id": order_id}
    event["requestContext"]["authorizer"]["claims"]["sub"] = sub
    return event


def listing(sub: str = SUB, **query: str) -> dict[str, Any]:
    event = sample_event("orders", "list_orders")
    event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} or None
    event["requestContext"]["authorizer"]["claims"]["sub"] = sub
    return event


def refused(answer: Answer, status: int) -> dict[str, Any]:
    """Assert that an answer is a problem, and return it."""
    assert answer["statusCode"] == status
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer["body"])
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    return problem


def test_the_sample_order_is_accepted_and_its_location_leads_to_it(create: Call, get: Call) -> None:
    answer = create(sample_event("orders", "create_order"))

    assert answer["statusCode"] == 202
    order = json.loads(answer["body"])
    assert (order["status"], order["currency"], order["total"]) == ("PENDING", "EUR", 9100)
    assert answer["headers"]["Location"] == f"orders/{order['order_id']}"
    followed = get(getting(order["order_id"]))
    assert (followed["statusCode"], json.loads(followed["body"])) == (200, order)


def test_the_sample_get_finds_nothing_in_an_empty_table(get: Call) -> None:
    problem = refused(get(sample_event("orders", "get_order")), 404)

    assert problem["detail"] == "You have no such order."


def test_the_sample_list_of_an_empty_table_is_an_empty_page(list_: Call) -> None:
    answer = list_(sample_event("orders", "list_orders"))

    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"items": []})


def test_a_replay_answers_the_same_to_the_letter(create: Call, tables: dict[str, FakeTable]) -> None:
    assert create(creating()) == create(creating())

    assert len(tables["orders-table"].items) == 1


def test_a_key_with_another_body_is_refused_by_name(create: Call) -> None:
    create(creating())
    another = json.loads(creating()["body"]) | {"currency": "USD"}

    problem = refused(create(creating(another)), 422)

    assert problem["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "eur"}, "/currency"),
        ({"currency": "XXX"}, "/currency"),
        ({"lines": []}, "/lines"),
        ({"lines": [{"product_id": "a", "quantity": 1, "unit_price": 1}] * 51}, "/lines"),
        ({"lines": [{"product_id": "a\n", "quantity": 1, "unit_price": 1}]}, "/lines/0/product_id"),
        ({"lines": [{"product_id": "a", "quantity": 0, "unit_price": 1}]}, "/lines/0/quantity"),
        ({"lines": [{"product_id": "a", "quantity": 1, "unit_price": 10**9 + 1}]}, "/lines/0/unit_price"),
        ({"lines": [{"product_id": "a", "quantity": 1}]}, "/lines/0/unit_price"),
        ({"total": 1}, "/total"),
    ],
)
def test_a_wrong_field_is_refused_by_its_pointer_and_nothing_is_kept(
    create: Call, tables: dict[str, FakeTable], change: dict[str, Any], field: str
) -> None:
    body = json.loads(creating()["body"]) | change

    problem = refused(create(creating(body)), 400)

    assert [error["field"] for error in problem["errors"]] == [field]
    assert all(not table.calls for table in tables.values())


@pytest.mark.parametrize("key", ["", "short", "k" * 65, "with space", "caf\xe9-caf\xe9", "line-end-\n"])
def test_a_wrong_key_is_refused_by_the_headers_name(create: Call, key: str) -> None:
    problem = refused(create(creating(key=key)), 400)

    assert problem["errors"][0]["field"] == "Idempotency-Key"


def test_a_missing_key_is_refused_by_the_headers_name(create: Call) -> None:
    event = creating()
    del event["multiValueHeaders"]["Idempotency-Key"]

    assert refused(create(event), 400)["errors"][0]["field"] == "Idempotency-Key"


def test_a_crash_between_the_two_writes_is_a_fault_that_a_retry_mends(
    create: Call, tables: dict[str, FakeTable]
) -> None:
    tables["orders-table"].crash_at = "PutItem"

    with pytest.raises(Fault, match=Crash.__name__):
        create(creating())
    answer = create(creating())

    assert answer["statusCode"] == 202
    assert len(tables["orders-table"].items) == 1


def test_somebody_elses_order_is_not_found(create: Call, get: Call) -> None:
    order_id = json.loads(create(creating())["body"])["order_id"]

    refused(get(getting(order_id, sub="somebody-else")), 404)


def test_pages_follow_by_cursor(create: Call, list_: Call) -> None:
    placed = [json.loads(create(creating(key=f"key-{n:06}"))["body"])["order_id"] for n in range(5)]

    first = json.loads(list_(listing(limit="3"))["body"])
    second = json.loads(list_(listing(limit="3", cursor=first["next_cursor"]))["body"])

    assert [order["order_id"] for order in first["items"] + second["items"]] == placed[::-1]
    assert "next_cursor" not in second


def test_a_cursor_opens_nothing_to_anybody_else(create: Call, list_: Call) -> None:
    for n in range(2):
        create(creating(key=f"key-{n:06}"))
    cursor = json.loads(list_(listing(limit="1"))["body"])["next_cursor"]

    problem = refused(list_(listing(sub="somebody-else", cursor=cursor)), 400)

    assert problem["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "x"}, "cursor"),
        ({"page": "2"}, "page"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(list_: Call, query: dict[str, str], field: str) -> None:
    problem = refused(list_(listing(**query)), 400)

    assert problem["errors"][0]["field"] == field


def awaiting(staff: str = SUB, groups: str = "staff", **query: str) -> dict[str, Any]:
    event = sample_event("orders", "list_approvals")
    event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} or None
    event["requestContext"]["authorizer"]["claims"] |= {"sub": staff, "cognito:groups": groups}
    return event


@pytest.fixture
def waiting(tables: dict[str, FakeTable]) -> list[str]:
    """Three orders that wait, the one that has waited longest first."""
    for number in range(3):
        key = ("member-1", f"order-{number}")
        tables["orders-table"].items[key] = {
            "member_id": key[0],
            "order_id": key[1],
            "total": 1,
            "currency": "EUR",
            "awaiting": "STAFF",
            "awaiting_since": f"2026-11-2{number}T09:30:00.000Z",
            "awaiting_until": "2026-11-24T09:30:00.000Z",
        }
    return [f"order-{number}" for number in range(3)]


def test_staff_see_what_waits_page_by_page(function: Callable[[str], Call], waiting: list[str]) -> None:
    approvals = function("list_approvals")

    first = json.loads(approvals(awaiting(limit="2"))["body"])
    second = json.loads(approvals(awaiting(limit="2", cursor=first["next_cursor"]))["body"])

    assert [order["order_id"] for order in first["items"] + second["items"]] == waiting
    assert "next_cursor" not in second


@pytest.mark.usefixtures("waiting")
def test_a_cursor_of_the_list_of_approvals_is_good_for_whom_it_was_given(
    function: Callable[[str], Call],
) -> None:
    approvals = function("list_approvals")
    cursor = json.loads(approvals(awaiting(limit="1"))["body"])["next_cursor"]

    problem = refused(approvals(awaiting(staff="somebody-else", cursor=cursor)), 400)

    assert problem["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("groups", ["", "members", "members,premium", "staffing"])
def test_who_is_not_staff_sees_nothing_of_what_waits(function: Callable[[str], Call], groups: str) -> None:
    refused(function("list_approvals")(awaiting(groups=groups)), 403)


@pytest.mark.parametrize("missing", ["ORDERS_TABLE", "IDEMPOTENCY_TABLE"])
def test_a_missing_setting_stops_the_start_by_name(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    environment = {"ORDERS_TABLE": "a", "IDEMPOTENCY_TABLE": "b", missing: ""}

    with pytest.raises(ConfigurationError, match=missing):
        load("orders", "create_order", monkeypatch, environment)
