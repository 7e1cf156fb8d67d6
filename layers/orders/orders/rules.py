"""The rules of an order: pure functions, no clock, no store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orders.models import Entry, Order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orders.models import Line, NewOrder


def total(lines: Iterable[Line]) -> int:
    """Return the sum of quantity times unit price, in minor units.

    Within the models' limits it is at most 50 x 99 x 10^9 = 4.95 x 10^12: exact in every JSON reader, which
    is sure of integers up to 2^53 (RFC 8259, section 6), and in a DynamoDB number, which has 38 digits.
    """
    return sum(line.quantity * line.unit_price for line in lines)


def place(new_order: NewOrder, order_id: str, created_at: str) -> Order:
    """Return the order that `new_order` becomes; the same arguments make the same order."""
    return Order(
        order_id=order_id,
        status="PENDING",
        currency=new_order.currency,
        total=total(new_order.lines),
        lines=new_order.lines,
        created_at=created_at,
        timeline=[Entry("PLACED", created_at)],
    )


def quantities(lines: Iterable[Line]) -> dict[str, int]:
    """Return how many of each product the lines ask for, by product; two lines of one product add up."""
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.product_id] = wanted.get(line.product_id, 0) + line.quantity
    return wanted
