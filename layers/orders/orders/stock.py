"""Stock, and what of it is held for orders.

| attribute of StockTable | holds |
| --- | --- |
| `product_id` | partition key |
| `available`, `reserved`, `sold` | pieces: never below zero, and their sum changes only when stock comes in |

What an order holds is on the order itself, as its attribute `stock`: a product's counts and the order change
in one transaction, so there is no record of a reservation that could differ from either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from orders.progress import UNDECIDED, key_of, noting
from shared.faults import Transient
from shared.items import Update

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orders.fulfilment import Job
    from shared.tables import Table


class Overtaken(Transient):
    """Another try changed the order in between."""


class Stock:
    """The stock of all products, and the orders that hold some of it.

    Parameters
    ----------
    stock, orders
        StockTable and OrdersTable.
    """

    def __init__(self, stock: Table, orders: Table) -> None:
        self._stock = stock
        self._orders = orders

    def reserve(self, job: Job) -> Literal["RESERVED", "OUT_OF_STOCK", "ENDED"]:
        """Move the order's quantities from available to reserved, all or none. One transaction.

        ENDED tells that the order's outcome is decided, or that its stock was released before.
        """
        held = noting(
            job, "stock", "RESERVED", "STOCK_RESERVED", f"{UNDECIDED} AND attribute_not_exists(stock)"
        )
        refused = self._orders.update_all([(self._orders, held), *self._moved(job, "available", "reserved")])
        if refused is None:
            return "RESERVED"
        if not refused.failed[0]:
            return "OUT_OF_STOCK"
        order = refused.items[0] or {}
        return "RESERVED" if order.get("stock") == "RESERVED" and "outcome" not in order else "ENDED"

    def release(self, job: Job) -> None:
        """Move the order's quantities back to available, if they are reserved, and let none be from now on.

        One transaction; one write more where nothing is reserved.

        Raises
        ------
        Overtaken
            When the stock was reserved at the very moment.
        """
        freed = noting(job, "stock", "RELEASED", "STOCK_RELEASED", "stock = :reserved")
        freed.values[":reserved"] = "RESERVED"
        refused = self._orders.update_all([(self._orders, freed), *self._moved(job, "reserved", "available")])
        if refused is None or (refused.items[0] or {}).get("stock") == "RELEASED":
            return
        never_held = Update(
            key=key_of(job),
            condition="attribute_exists(order_id) AND attribute_not_exists(stock)",
            change="SET stock = :now",
            values={":now": "RELEASED"},
        )
        order = self._orders.update_if(never_held)
        if order is not None and order.get("stock") != "RELEASED":
            raise Overtaken("the stock was reserved in between")

    def _moved(self, job: Job, source: str, target: str) -> Iterator[tuple[Table, Update]]:
        """Give the changes that move each product's quantity from one count to another."""
        for product_id, quantity in job.quantities.items():
            yield (
                self._stock,
                Update(
                    key={"product_id": product_id},
                    condition=f"{source} >= :quantity",
                    change=f"ADD {source} :less, {target} :quantity",
                    values={":quantity": quantity, ":less": -quantity},
                ),
            )
