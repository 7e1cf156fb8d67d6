"""Placing an order exactly once, however often the request is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orders import rules
from shared import idempotency
from shared.clock import now
from shared.ids import uuid7

if TYPE_CHECKING:
    from orders.models import NewOrder, Order
    from orders.repository import Orders
    from shared.tables import Table

OPERATION = "createOrder"  # the operationId of the contract


def place_order(member_id: str, key: str, new_order: NewOrder, orders: Orders, claims: Table) -> Order:
    """Place `new_order` for a member, or find what an earlier try with the same key placed.

    Two conditional writes: the claim of an id and a time under the key, then the order under that id. A try
    that dies between them is carried to its end by the next one.

    Parameters
    ----------
    member_id
        Whose order it is.
    key
        The request's Idempotency-Key.
    new_order
        What the member asks for.
    orders, claims
        Where orders are kept, and where idempotency keys are remembered.

    Raises
    ------
    shared.idempotency.KeyReused
        When the key was used before with another body.
    """
    claimed = idempotency.claim(
        claims,
        f"{member_id}#{OPERATION}#{key}",
        idempotency.fingerprint(new_order),
        {"order_id": uuid7(), "created_at": now()},
    )
    order = rules.place(new_order, claimed["order_id"], claimed["created_at"])
    orders.add(member_id, order, new_order.payment_token, new_order.shipping_token)
    return order
