"""Where orders are kept: OrdersTable, one partition a member, one item an order.

| attribute | holds |
| --- | --- |
| `member_id` | partition key: the Cognito `sub` of the member |
| `order_id` | sort key: a UUIDv7, so the order of keys is the order of time |
| as in `orders.models.Order` | what the member sees |
| `payment_token`, `shipping_token` | what the member chose, for the providers |
| `outcome` | what becomes of the order, once decided: `status` and `reason` |
| `stock`, `payment`, `shipment` | what the saga did: `orders.progress` |
| `approval`, `approval_reason`, `approval_by` | staff's answer, or EXPIRED: `orders.approval` |
| `awaiting`, `awaiting_since`, `awaiting_until` | only while it waits for staff: `orders.approval` |
| `reminders` | how often staff were reminded |

Every method takes the member first and looks into that partition only: nobody's order can be reached from
another member's request, whatever ids and cursors it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orders.models import Order
from shared.clock import now
from shared.ids import is_uuid7
from shared.items import Update
from shared.problems import Conflict, NotFound

if TYPE_CHECKING:
    from shared.items import Item
    from shared.tables import Table

AWAITS_NOTHING = "REMOVE awaiting, awaiting_since, awaiting_until"
"""A part of whatever change gives an order its answer or its outcome: it waits for staff no more."""


class OrderNotFound(NotFound):
    """The member has no order with this id."""

    def __init__(self) -> None:
        super().__init__("You have no such order.")


class AlreadyDecided(Conflict):
    """The order is confirmed or rejected: there is nothing left to cancel."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status.lower()} and can no longer be cancelled.")


class Orders:
    """The orders of all members.

    Parameters
    ----------
    table
        OrdersTable, or a fake with its `get`, `put_if`, `update_if` and `query`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, member_id: str, order: Order, payment_token: str, shipping_token: str) -> None:
        """Keep `order`, unless there is one with its id: adding twice is adding once. One PutItem."""
        item: Item = {
            "member_id": member_id,
            **msgspec.to_builtins(order),
            "payment_token": payment_token,
            "shipping_token": shipping_token,
        }
        self._table.put_if("attribute_not_exists(order_id)", item)

    def cancel(self, member_id: str, order_id: str) -> Order:
        """Decide that the order is cancelled, and return it as it is now: its saga undoes what was done.

        Cancelling twice is cancelling once. One UpdateItem, and one GetItem to answer from.

        Raises
        ------
        OrderNotFound
            When the member has no such order.
        AlreadyDecided
            When it is confirmed or rejected.
        """
        if not is_uuid7(order_id):
            raise OrderNotFound
        outcome = {"status": "CANCELLED", "reason": "CANCELLED_BY_MEMBER"}
        refused = self._table.update_if(
            Update(
                key={"member_id": member_id, "order_id": order_id},
                condition="attribute_exists(order_id) AND attribute_not_exists(outcome)",
                change=f"SET outcome = :outcome, timeline = list_append(timeline, :entry) {AWAITS_NOTHING}",
                values={":outcome": outcome, ":entry": [{"step": "CANCEL_REQUESTED", "at": now()}]},
            )
        )
        if refused == {}:
            raise OrderNotFound
        if refused and refused["outcome"]["status"] != "CANCELLED":
            raise AlreadyDecided(refused["outcome"]["status"])
        return self.get(member_id, order_id)

    def get(self, member_id: str, order_id: str) -> Order:
        """Return one order as it is now. One strongly consistent GetItem; none for what cannot be an id.

        Raises
        ------
        OrderNotFound
            When the member has no such order.
        """
        if not is_uuid7(order_id):
            raise OrderNotFound
        item = self._table.get({"member_id": member_id, "order_id": order_id}, consistent=True)
        if item is None:
            raise OrderNotFound
        return msgspec.convert(item, Order)

    def page(self, member_id: str, limit: int, after: str | None = None) -> tuple[list[Order], str | None]:
        """Return up to `limit` orders, newest first, and the id to go on after. One Query.

        Parameters
        ----------
        member_id
            Whose orders.
        limit
            How many at most, 1 to 100.
        after
            The id that the page before ended with.

        Returns
        -------
        The orders, and the last one's id, or None when there are no more.
        """
        start = {"member_id": member_id, "order_id": after} if after else None
        # One more than the page holds: DynamoDB's last key does not tell whether anything follows it.
        found = self._table.query(("member_id", member_id), limit=limit + 1, newest_first=True, after=start)
        orders = msgspec.convert(found.items[:limit], list[Order])
        more = len(found.items) > limit or found.last_key is not None
        return orders, orders[-1].order_id if more else None
