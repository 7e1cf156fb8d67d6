"""The capacity units that docs/services/orders.md names are those of the items that the code writes."""

from __future__ import annotations

from typing import Any, cast

import pytest

from orders.models import Line, NewOrder
from orders.placing import place_order
from orders.repository import Orders
from shared.tables import Table
from tests.unit.functions import ROOT
from tests.unit.orders.fakes import FakeTable

MEMBER = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f"
PAGE = (ROOT / "docs/services/orders.md").read_text()
TWO_LINES = NewOrder("EUR", [Line("teapot", 2, 2450), Line("cup", 6, 700)], "tok_ok", "ship_ok")
GREATEST = NewOrder("EUR", [Line("x" * 64, 99, 999_999_999)] * 50, "t" * 64, "s" * 64)


def size(value: Any) -> int:
    """Return how many bytes DynamoDB counts for a value.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    match value:
        case str():
            return len(value.encode())
        case int():
            return 1 + -(-len(str(value).strip("0")) // 2)
        case dict():
            return 3 + sum(1 + len(name.encode()) + size(inner) for name, inner in value.items())
        case list():
            return 3 + sum(1 + size(inner) for inner in value)
    raise AssertionError(f"no item has a {type(value).__name__}")


def item_size(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + size(value) for name, value in item.items())


def written_by(new_order: NewOrder) -> tuple[int, int]:
    """Place an order and return the sizes of its item and of its claim, with the longest key."""
    table, claims = FakeTable("member_id", "order_id"), FakeTable("id")
    place_order(MEMBER, "k" * 64, new_order, Orders(cast("Table", table)), cast("Table", claims))
    (order,), (claim,) = table.items.values(), claims.items.values()
    return item_size(order), item_size(claim)


def writes(size: int) -> int:
    return -(-size // 1024)


def reads(size: int, *, consistent: bool) -> float:
    return -(-size // 4096) * (1 if consistent else 0.5)


def row(operation: str) -> list[str]:
    """Return the cells of the table's row that begins with this operation."""
    units = PAGE.partition("## Capacity units")[2]
    (found,) = (line for line in units.splitlines() if line.startswith(f"| {operation} |"))
    return [cell.strip() for cell in found.strip("|").split("|")]


@pytest.mark.parametrize(("name", "new_order"), [("two lines", TWO_LINES), ("fifty lines", GREATEST)])
def test_the_sizes_are_as_documented(name: str, new_order: NewOrder) -> None:
    order, claim = written_by(new_order)

    assert row(f"an order of {name}")[1] == f"{order:,} bytes"
    assert row("a claim, its key of 64 characters")[1] == f"{claim:,} bytes"


def test_the_units_are_as_documented() -> None:
    (small, claim), (great, _) = written_by(TWO_LINES), written_by(GREATEST)

    assert row("createOrder")[2:] == [
        f"{writes(claim) + writes(small)} WCU",
        f"{writes(claim) + writes(great)} WCU",
    ]
    assert row("createOrder, another body")[2:] == [f"{writes(claim)} WCU"] * 2
    assert row("getOrder")[2:] == [f"{reads(size, consistent=True)} RCU" for size in (small, great)]
    assert row("listOrders, a page of 20")[2:] == [
        f"{reads(21 * size, consistent=False):g} RCU" for size in (small, great)
    ]
    assert row("listOrders, a page of 100")[2:] == [
        f"{reads(101 * size, consistent=False):g} RCU" for size in (small, great)
    ]


def test_a_page_of_the_greatest_orders_is_one_query() -> None:
    great, _ = written_by(GREATEST)

    assert 101 * great < 1024 * 1024  # what one Query reads at most
