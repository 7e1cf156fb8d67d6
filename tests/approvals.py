"""Orders that staff have to approve."""

from __future__ import annotations

import secrets
import time

from tests.stack import ORDER, SECONDS, OrdersApi, Stack

LARGE = 1_000_001
"""Minor units: one more than the root template's ApprovalAbove."""


def large_order(stack: Stack, api: OrdersApi) -> str:
    """Place an order that needs approval and return its id."""
    product = f"product-{secrets.token_hex(8)}"
    stack.stock_in(product, 1)
    lines = [{"product_id": product, "quantity": 1, "unit_price": LARGE}]
    order_id: str = api.create({**ORDER, "lines": lines}).json()["order_id"]
    return order_id


def waiting_order(stack: Stack, api: OrdersApi) -> str:
    """Place an order that needs approval, wait until its saga waits for that, and return its id."""
    order_id = large_order(stack, api)
    deadline = time.monotonic() + SECONDS
    tokens, dynamodb = stack.physical_id("orders", "ApprovalsTable"), stack.client("dynamodb")
    while "Item" not in dynamodb.get_item(TableName=tokens, Key={"order_id": {"S": order_id}}):
        assert time.monotonic() < deadline, api.get(order_id).text
        time.sleep(0.1)
    return order_id
