"""Where orders are kept: OrdersTable, one partition a member, one item an order.

| attribute | holds |
| --- | --- |
| `member_id` | partition key: the Cognito `sub` of the member |
| `order_id` | sort key: a UUIDv7, so the order of keys is the order of time |
| the rest | as in `orders.models.Order` |

Every method takes the member first and looks into that partition only: nobody's order can be reached from
another member's request, whatever ids and cursors it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orders.models import Order
from shared.ids import is_uuid7
from shared.problems import NotFound

if TYPE_CHECKING:
    from shared.tables import Item, Table


class OrderNotFound(NotFound):
    """The member has no order with this id."""

    def __init__(self) -> None:
        super().__init__("You have no such order.")


class Orders:
    """The orders of all members.

    Parameters
    ----------
    table
        OrdersTable, or a fake with its `get`, `put_if` and `query`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, member_id: str, order: Order) -> None:
        """Keep `order`, unless there is one with its id: adding twice is adding once. One PutItem."""
        item: Item = {"member_id": member_id, **msgspec.to_builtins(order)}
        self._table.put_if("attribute_not_exists(order_id)", item)

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
