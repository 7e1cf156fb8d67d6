"""An order placed, read back and listed, through the public API."""

from __future__ import annotations

import concurrent.futures
import secrets

import pytest

from tests.stack import ORDER, Member, OrdersApi, Stack, asked_for


def test_an_order_is_accepted_and_read_back_by_a_second_call(api: OrdersApi) -> None:
    placed = api.create(ORDER)

    assert placed.status_code == 202
    order = placed.json()
    assert order["status"] == "PENDING"
    assert order["total"] == 2 * 2450 + 6 * 700
    assert order["lines"] == ORDER["lines"]
    read = api.get(order["order_id"])
    assert read.status_code == 200
    assert asked_for(read.json()) == asked_for(order)


def test_the_location_leads_to_the_order(api: OrdersApi) -> None:
    placed = api.create(ORDER)

    location = placed.headers["Location"]

    followed = api.send("GET", "/" + location)
    assert asked_for(followed.json()) == asked_for(placed.json())


def test_the_same_key_and_body_answer_the_same(api: OrdersApi) -> None:
    key = secrets.token_hex(16)
    first = api.create(ORDER, key)

    again = api.create(ORDER, key)

    assert again.status_code == 202
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]


def test_a_body_that_only_looks_different_is_the_same(api: OrdersApi) -> None:
    key = secrets.token_hex(16)
    first = api.create(ORDER, key)

    shuffled = {
        **dict(reversed(ORDER.items())),
        "lines": [dict(reversed(line.items())) for line in ORDER["lines"]],
    }

    assert api.create(shuffled, key).json() == first.json()


def test_the_same_key_with_another_body_is_refused(api: OrdersApi) -> None:
    key = secrets.token_hex(16)
    api.create(ORDER, key)

    refused = api.create({**ORDER, "currency": "USD"}, key)

    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["errors"][0]["field"] == "Idempotency-Key"


def test_the_same_key_of_two_members_is_two_orders(api: OrdersApi, strangers_api: OrdersApi) -> None:
    key = secrets.token_hex(16)

    mine, theirs = api.create(ORDER, key), strangers_api.create(ORDER, key)

    assert mine.json()["order_id"] != theirs.json()["order_id"]


def test_eight_at_once_with_one_key_are_one_order(stack: Stack) -> None:
    shopper = stack.enrol("members")
    key = secrets.token_hex(16)

    def place(_: int) -> tuple[int, str]:
        answer = OrdersApi(stack["OrdersApiUrl"], shopper.token).create(ORDER, key)
        return answer.status_code, answer.text

    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(place, range(8)))
        listed = OrdersApi(stack["OrdersApiUrl"], shopper.token).list().json()["items"]
    finally:
        shopper.leave()

    assert len(answers) == 1, answers
    assert len(listed) == 1


def test_a_member_sees_only_their_own_orders(api: OrdersApi, strangers_api: OrdersApi) -> None:
    mine = api.create(ORDER).json()["order_id"]

    assert strangers_api.get(mine).status_code == 404
    assert mine not in {order["order_id"] for order in strangers_api.list(limit=100).json()["items"]}


def test_pages_hold_every_order_once_and_newest_first(stack: Stack) -> None:
    shopper = stack.enrol("members")
    orders = OrdersApi(stack["OrdersApiUrl"], shopper.token)
    try:
        placed = [orders.create(ORDER).json()["order_id"] for _ in range(7)]
        seen, cursor, sizes = [], None, []
        for _ in range(len(placed)):
            page = orders.list(limit=3, **({"cursor": cursor} if cursor else {})).json()
            seen += [order["order_id"] for order in page["items"]]
            sizes.append(len(page["items"]))
            cursor = page.get("next_cursor")
            if cursor is None:
                break
    finally:
        shopper.leave()

    assert seen == placed[::-1]
    assert sizes == [3, 3, 1]


def test_a_member_without_orders_has_an_empty_page(stack: Stack) -> None:
    newcomer = stack.enrol("members")
    try:
        page = OrdersApi(stack["OrdersApiUrl"], newcomer.token).list()
    finally:
        newcomer.leave()

    assert page.status_code == 200
    assert page.json() == {"items": []}


@pytest.mark.parametrize(("group", "tier"), [("members", "free"), ("premium", "premium")])
def test_the_token_tells_the_tier(stack: Stack, group: str, tier: str) -> None:
    person: Member = stack.enrol(group)
    try:
        claims = person.claims
    finally:
        person.leave()

    assert claims["tier"] == tier
    assert {"orders/read", "orders/write"} <= set(claims["scope"].split())
