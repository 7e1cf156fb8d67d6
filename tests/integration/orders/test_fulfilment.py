"""What becomes of an order, seen from outside: its status, its timeline, the stock and the events."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import pytest

from tests.events import events_of
from tests.stack import ORDER, OrdersApi, Stack

SECONDS = 60


@dataclass(frozen=True)
class Product:
    """Something to buy."""

    stack: Stack
    id: str

    def stock(self) -> dict[str, int]:
        return self.stack.stock(self.id)


@pytest.fixture
def product(stocked: Stack) -> Product:
    """A product of which there are ten."""
    made = Product(stocked, f"product-{secrets.token_hex(8)}")
    stocked.stock_in(made.id, 10)
    return made


def an_order(product_id: str, tokens: dict[str, str] | None = None, quantity: int = 2) -> dict[str, Any]:
    return {
        **ORDER,
        **(tokens or {}),
        "lines": [{"product_id": product_id, "quantity": quantity, "unit_price": 500}],
    }


@pytest.mark.parametrize(
    ("tokens", "end", "steps"),
    [
        ({}, ("CONFIRMED", None), "STOCK_RESERVED PAYMENT_TAKEN SHIPMENT_BOOKED CONFIRMED"),
        (
            {"payment_token": "tok_flaky", "shipping_token": "ship_flaky"},
            ("CONFIRMED", None),
            "STOCK_RESERVED PAYMENT_TAKEN SHIPMENT_BOOKED CONFIRMED",
        ),
        (
            {"payment_token": "tok_declined"},
            ("REJECTED", "PAYMENT_DECLINED"),
            "STOCK_RESERVED STOCK_RELEASED REJECTED",
        ),
        (
            {"payment_token": "tok_timeout"},
            ("REJECTED", "FAULT"),
            "STOCK_RESERVED PAYMENT_REFUNDED STOCK_RELEASED REJECTED",
        ),
        (
            {"shipping_token": "ship_unavailable"},
            ("REJECTED", "SHIPPING_UNAVAILABLE"),
            "STOCK_RESERVED PAYMENT_TAKEN PAYMENT_REFUNDED STOCK_RELEASED REJECTED",
        ),
        (
            {"shipping_token": "ship_timeout"},
            ("REJECTED", "FAULT"),
            "STOCK_RESERVED PAYMENT_TAKEN SHIPMENT_CANCELLED PAYMENT_REFUNDED STOCK_RELEASED REJECTED",
        ),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else None,
)
def test_an_order_ends_as_its_tokens_say(
    api: OrdersApi, product: Product, tokens: dict[str, str], end: tuple[str, str | None], steps: str
) -> None:
    order = api.follow(api.create(an_order(product.id, tokens)).json()["order_id"])

    assert (order["status"], order.get("reason")) == end
    assert [entry["step"] for entry in order["timeline"]] == ["PLACED", *steps.split()]
    sold = 2 if order["status"] == "CONFIRMED" else 0
    assert product.stock() == {"available": 10 - sold, "reserved": 0, "sold": sold}


def test_more_than_there_is_is_rejected_whole(api: OrdersApi, product: Product) -> None:
    order = api.follow(api.create(an_order(product.id, quantity=11)).json()["order_id"])

    assert (order["status"], order["reason"]) == ("REJECTED", "OUT_OF_STOCK")
    assert product.stock() == {"available": 10, "reserved": 0, "sold": 0}


def test_the_last_pieces_are_sold_once(api: OrdersApi, product: Product) -> None:
    placed = [api.create(an_order(product.id, quantity=3)).json()["order_id"] for _ in range(5)]

    ends = [api.follow(order_id)["status"] for order_id in placed]

    assert ends.count("CONFIRMED") == 3
    assert product.stock() == {"available": 1, "reserved": 0, "sold": 9}


def test_a_cancelled_order_is_undone_once_and_stays_cancelled(api: OrdersApi, product: Product) -> None:
    # No answer from the payment company: the saga is still trying when the member cancels.
    tokens = {"payment_token": "tok_timeout"}
    order_id = api.create(an_order(product.id, tokens)).json()["order_id"]

    first, second = api.cancel(order_id), api.cancel(order_id)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.headers["Location"] == f"../{order_id}"
    order = api.follow(order_id)
    assert (order["status"], order["reason"]) == ("CANCELLED", "CANCELLED_BY_MEMBER")
    steps = [entry["step"] for entry in order["timeline"]]
    assert len(steps) == len(set(steps))
    assert product.stock() == {"available": 10, "reserved": 0, "sold": 0}


def test_a_final_order_is_not_cancelled_any_more(api: OrdersApi, product: Product) -> None:
    order_id = api.create(an_order(product.id)).json()["order_id"]
    api.follow(order_id)

    refused = api.cancel(order_id)

    assert refused.status_code == 409
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert api.get(order_id).json()["status"] == "CONFIRMED"


def test_nobody_cancels_another_members_order(
    stocked: Stack, api: OrdersApi, strangers_api: OrdersApi, product: Product
) -> None:
    order_id = api.create(an_order(product.id)).json()["order_id"]

    assert strangers_api.cancel(order_id).status_code == 404
    assert strangers_api.cancel("not-an-id").status_code == 404
    assert OrdersApi(stocked["OrdersApiUrl"], None).cancel(order_id).status_code == 401
    assert api.follow(order_id)["status"] == "CONFIRMED"


def test_a_client_asks_again_as_it_is_told(api: OrdersApi, product: Product) -> None:
    order_id = api.create(an_order(product.id, {"payment_token": "tok_timeout"})).json()["order_id"]

    pending = api.get(order_id)
    final = api.follow(order_id)
    current = api.get(order_id, '"another", W/' + api.get(order_id).headers["ETag"])

    assert pending.headers["Retry-After"] == "1"
    assert pending.headers["Cache-Control"] == "private, no-cache"
    assert api.get(order_id, pending.headers["ETag"]).json() == final
    assert (current.status_code, current.text) == (304, "")


@pytest.mark.parametrize(
    ("tokens", "kind"),
    [({}, "OrderConfirmed"), ({"payment_token": "tok_declined"}, "OrderRejected")],
    ids=["confirmed", "rejected"],
)
def test_each_status_has_its_event(
    api: OrdersApi, product: Product, heard: str, tokens: dict[str, str], kind: str
) -> None:
    order = api.follow(api.create(an_order(product.id, tokens)).json()["order_id"])

    events = events_of(product.stack, heard, order["order_id"], 2)

    assert {event["detail"]["event_id"]: event["detail-type"] for event in events} == {
        f"{order['order_id']}.PENDING": "OrderPlaced",
        f"{order['order_id']}.{order['status']}": kind,
    }
    final = next(event["detail"] for event in events if event["detail-type"] == kind)
    assert (final["version"], final["status"], final["total"]) == (1, order["status"], order["total"])
    assert final["occurred_at"] == order["timeline"][-1]["at"]
    assert not {"payment_token", "shipping_token"} & set(final)


def test_what_cannot_be_undone_is_left_to_people_with_all_they_need(api: OrdersApi, product: Product) -> None:
    tokens = {"payment_token": "tok_no_refund", "shipping_token": "ship_unavailable"}
    order = api.follow(api.create(an_order(product.id, tokens)).json()["order_id"])

    assert (order["status"], order["reason"]) == ("REJECTED", "SHIPPING_UNAVAILABLE")
    assert product.stock() == {"available": 10, "reserved": 0, "sold": 0}
    message = left_to_people(product.stack, order["order_id"])
    assert message["unfinished"] == ["RefundPayment"]
    assert message["input"]["total"] == order["total"]


def left_to_people(stack: Stack, order_id: str) -> dict[str, Any]:
    """Take an order's message from the dead-end queue."""
    sqs = stack.client("sqs")
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        answer = sqs.receive_message(
            QueueUrl=stack["DeadEndQueueUrl"], MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=1
        )
        for received in answer.get("Messages", []):
            message: dict[str, Any] = json.loads(received["Body"])
            if message["input"]["order_id"] == order_id:
                sqs.delete_message(QueueUrl=stack["DeadEndQueueUrl"], ReceiptHandle=received["ReceiptHandle"])
                return message
    raise AssertionError(f"order {order_id} is not in the dead-end queue")
