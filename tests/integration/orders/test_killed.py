"""Orders whose functions are killed while they work come to their end as if nothing had been.

Of each order one function is killed, with every process that runs it, at about the moment when it works for
that order. The suite does so to as many orders as it takes to meet some at their work;

    make test ARGS="tests/integration/orders/test_killed.py --orders 500"

does it to five hundred at the least.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any, NamedTuple

import pytest

from tests.events import events_of_all
from tests.processes import kill, running
from tests.stack import ORDER, SECONDS, OrdersApi, Stack

CLIENTS = 4
QUANTITY, PRICE = 2, 500
LONGEST_STEP = 0.06
"""A function is killed within so many seconds of the moment when its step can have begun."""
DEATHS, MOST_ORDERS = 2, 96
"""How many calls have to die at the least, and within how many orders: an idle process dies unnoticed."""


class Plan(NamedTuple):
    """An order, the step of its timeline after which a function is killed, and that function."""

    tokens: dict[str, str]
    after: str
    function: str


PLANS = [
    Plan({}, "PLACED", "StartSaga"),
    Plan({}, "PLACED", "ReserveStock"),
    Plan({}, "STOCK_RESERVED", "TakePayment"),
    Plan({}, "PAYMENT_TAKEN", "BookShipment"),
    Plan({}, "SHIPMENT_BOOKED", "PublishEvents"),
    Plan({"payment_token": "tok_declined"}, "STOCK_RESERVED", "ReleaseStock"),
    Plan({"shipping_token": "ship_unavailable"}, "PAYMENT_TAKEN", "RefundPayment"),
    Plan({"shipping_token": "ship_timeout"}, "PAYMENT_TAKEN", "CancelShipment"),
]


class Shop:
    """A product, its orders, and what the providers have done for them."""

    def __init__(self, stack: Stack, api: OrdersApi, orders: int) -> None:
        self._stack, self._api, self._dynamodb = stack, api, stack.client("dynamodb")
        self.product, self.brought = f"product-{secrets.token_hex(8)}", orders * QUANTITY
        stack.stock_in(self.product, self.brought)

    def order(self, plan: Plan, moment: float) -> dict[str, Any]:
        """Place an order, kill a function of it, follow it to its end and return it."""
        victims = running(self._stack.physical_id("orders", plan.function))
        lines = [{"product_id": self.product, "quantity": QUANTITY, "unit_price": PRICE}]
        order_id = self._api.create({**ORDER, **plan.tokens, "lines": lines}).json()["order_id"]
        deadline = time.monotonic() + SECONDS
        while plan.after not in steps(self._api.get(order_id).json()) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(moment)
        kill(victims)
        return self._api.follow(order_id)

    def died(self, orders: list[dict[str, Any]]) -> int:
        """Return how many calls of functions have died in these orders' sagas."""
        machine = self._stack["OrderSagaArn"].replace(":stateMachine:", ":execution:")
        pages = self._stack.client("stepfunctions").get_paginator("get_execution_history")
        return sum(
            event.get("taskFailedEventDetails", {}).get("error") == "Runtime.ExitError"
            for order in orders
            for page in pages.paginate(executionArn=f"{machine}:{order['order_id']}")
            for event in page["events"]
        )

    def stock(self) -> dict[str, int]:
        return self._stack.stock(self.product)

    def provided(self, kind: str, order_id: str) -> tuple[str, int]:
        """Return whether a provider has done its part for an order, and of a payment how much it took."""
        answer = self._dynamodb.get_item(
            TableName=self._stack.physical_id("orders", "ProviderTable"),
            Key={"id": {"S": f"{kind}#{order_id}"}},
            ConsistentRead=True,
        )
        item = answer.get("Item", {"state": {"S": "NOTHING"}})
        return item["state"]["S"], int(item.get("amount", {"N": "0"})["N"])


def steps(order: dict[str, Any]) -> list[str]:
    return [entry["step"] for entry in order["timeline"]]


def test_what_a_killed_function_was_about_is_done_once_or_not_at_all(
    stocked: Stack,
    api: OrdersApi,
    heard: str,
    pytestconfig: pytest.Config,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not stocked.on_this_machine:
        pytest.skip("AWS lets nobody kill the process of a function")
    wanted = pytestconfig.getoption("--orders")
    shop, chance = Shop(stocked, api, wanted + MOST_ORDERS), random.Random(wanted)
    orders: list[dict[str, Any]] = []
    died = 0

    with ThreadPoolExecutor(CLIENTS) as clients:
        while len(orders) < wanted or (died < DEATHS and len(orders) < MOST_ORDERS):
            moments = [chance.uniform(0, LONGEST_STEP) for _ in PLANS]
            ended = list(clients.map(shop.order, PLANS, moments))
            died += shop.died(ended)
            orders += ended
    events = events_of_all(stocked, heard, {order["order_id"]: 2 for order in orders})

    ends = Counter(order["status"] for order in orders)
    with capsys.disabled():
        print(
            f"\n    {len(orders)} orders, {died} calls of their functions died: {json.dumps(ends)} ", end=""
        )
    assert died >= DEATHS, "no function was killed at its work"
    assert shop.stock() == {
        "available": shop.brought - QUANTITY * ends["CONFIRMED"],
        "reserved": 0,
        "sold": QUANTITY * ends["CONFIRMED"],
    }
    for plan, order in zip(cycle(PLANS), orders, strict=False):
        assert order["status"] == ("REJECTED" if plan.tokens else "CONFIRMED"), order
        assert len(steps(order)) == len(set(steps(order)))
        payment, taken = shop.provided("payment", order["order_id"])
        shipment, _ = shop.provided("shipment", order["order_id"])
        if plan.tokens:
            assert "DONE" not in {payment, shipment}
        else:
            assert (payment, taken, shipment) == ("DONE", order["total"], "DONE")
        told = {event["detail"]["event_id"] for event in events[order["order_id"]]}
        assert told == {f"{order['order_id']}.{status}" for status in ("PENDING", order["status"])}
