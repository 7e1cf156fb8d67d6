"""What others are told of orders: one event for each status that an order takes.

Events are made from OrdersTable's stream, so there is none without its change and no change without its
event. A stream's batch may come twice: `event_id` is then the same, and receivers keep the first.
docs/services/order-events.md describes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from orders.fulfilment import Job
from orders.models import Lines, Order, Reason, Status
from orders.rules import quantities
from shared.items import from_attributes

if TYPE_CHECKING:
    from shared.items import Item

SOURCE = "serverless-lens.orders"
VERSION = 1
TYPES = {
    "PENDING": "OrderPlaced",
    "AWAITING_APPROVAL": "OrderAwaitingApproval",
    "CONFIRMED": "OrderConfirmed",
    "REJECTED": "OrderRejected",
    "CANCELLED": "OrderCancelled",
}

StreamRecord: TypeAlias = dict[str, Any]


class OrderEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """The detail of an event, in its version 1.

    `event_id` is `order_id.status`, of reminders `order_id.reminder.number`;
    `total` is in minor units; `occurred_at` UTC in ISO 8601.
    """

    version: int
    event_id: str
    order_id: str
    member_id: str
    status: Status
    currency: str
    total: int
    lines: Lines
    occurred_at: str
    reason: Reason | None = None


def event_of(record: StreamRecord) -> tuple[str, OrderEvent] | None:
    """Return the type and the detail of the event that a change makes, or None where the status stays."""
    images = record["dynamodb"]
    after = from_attributes(images.get("NewImage", {}))
    before = from_attributes(images.get("OldImage", {}))
    if not after:
        return None
    kind, name = _kind(before, after)
    if kind is None:
        return None
    order = msgspec.convert(after, Order)
    event = OrderEvent(
        version=VERSION,
        event_id=f"{order.order_id}.{name}",
        order_id=order.order_id,
        member_id=after["member_id"],
        status=order.status,
        currency=order.currency,
        total=order.total,
        lines=order.lines,
        occurred_at=order.timeline[-1].at,
        reason=order.reason,
    )
    return kind, event


def _kind(before: Item, after: Item) -> tuple[str | None, str]:
    """Return an event's type, None where there is none, and what tells it from the order's others."""
    status = after["status"]
    if status != before.get("status"):
        # An order that was approved is PENDING again, and was placed before.
        return (TYPES[status] if not before or status != "PENDING" else None), status
    if after.get("reminders") != before.get("reminders"):
        return "OrderApprovalReminder", f"reminder.{after['reminders']}"
    return None, status


def job_of(record: StreamRecord) -> Job:
    """Return what the saga needs to know of an order that was placed."""
    item: Item = from_attributes(record["dynamodb"]["NewImage"])
    order = msgspec.convert(item, Order)
    return Job(
        member_id=item["member_id"],
        order_id=order.order_id,
        currency=order.currency,
        total=order.total,
        quantities=quantities(order.lines),
        payment_token=item["payment_token"],
        shipping_token=item["shipping_token"],
    )
