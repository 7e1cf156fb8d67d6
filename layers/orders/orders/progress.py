"""How far an order's saga is: kept on the order itself.

| attribute of OrdersTable | holds |
| --- | --- |
| `stock` | RESERVED, RELEASED or SOLD |
| `payment` | TAKEN or REFUNDED |
| `shipment` | BOOKED or CANCELLED |
| `outcome` | once decided, what becomes of the order; nothing is done for it from then on |
| `timeline` | a list of `step` and `at` |

A change and the entry of the timeline that tells of it are one write, on the condition that it was not made
before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.clock import now
from shared.items import Update

if TYPE_CHECKING:
    from orders.fulfilment import Job
    from orders.models import Step
    from shared.items import Item
    from shared.tables import Table

UNDECIDED = "attribute_exists(order_id) AND attribute_not_exists(outcome)"


def noting(job: Job, what: str, state: str, step: Step, condition: str) -> Update:
    """Return the change that sets an attribute of the order and tells so in its timeline."""
    return Update(
        key=key_of(job),
        condition=condition,
        change=f"SET {what} = :now, timeline = list_append(timeline, :entry)",
        values={":now": state, ":entry": [{"step": step, "at": now()}]},
    )


def key_of(job: Job) -> Item:
    """Return the order's primary key."""
    return {"member_id": job.member_id, "order_id": job.order_id}


class Progress:
    """What the saga notes on its order.

    Parameters
    ----------
    orders
        OrdersTable.
    """

    def __init__(self, orders: Table) -> None:
        self._orders = orders

    def done(self, job: Job, what: str, state: str, step: Step) -> bool:
        """Note that a step is done; False when the order's outcome is decided, and the step in vain."""
        condition = f"{UNDECIDED} AND attribute_not_exists({what})"
        order = self._orders.update_if(noting(job, what, state, step, condition))
        return order is None or ("outcome" not in order and order.get(what) == state)

    def undone(self, job: Job, what: str, state: str, step: Step) -> None:
        """Note that a step is undone."""
        condition = f"attribute_exists(order_id) AND (attribute_not_exists({what}) OR {what} <> :now)"
        self._orders.update_if(noting(job, what, state, step, condition))
