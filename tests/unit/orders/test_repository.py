"""Orders are kept once, found by their member only, and listed newest first."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import rules
from orders.models import Line, NewOrder, Order
from orders.repository import OrderNotFound, Orders
from shared.ids import uuid7
from shared.tables import Table
from tests.unit.orders.fakes import FakeTable
from tests.unit.orders.strategies import new_orders

MEMBER, OTHER_MEMBER = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "c9f0f895-fb98-4b91-8d3e-1e6a2b3c4d5e"


def orders_in(table: FakeTable) -> Orders:
    return Orders(cast("Table", table))


def some_order(new_order: NewOrder | None = None) -> Order:
    teapots = NewOrder("EUR", [Line("teapot", 2, 2450)], "tok_ok", "ship_ok")
    return rules.place(new_order or teapots, uuid7(), "2026-11-21T09:30:00.000Z")


@pytest.fixture
def table() -> FakeTable:
    return FakeTable("member_id", "order_id")


@given(new_orders)
def test_an_order_is_read_back_as_it_was_added(new_order: NewOrder) -> None:
    orders, order = orders_in(FakeTable("member_id", "order_id")), some_order(new_order)

    orders.add(MEMBER, order, "tok_ok", "ship_ok")

    assert orders.get(MEMBER, order.order_id) == order


def test_a_get_is_one_strongly_consistent_read(table: FakeTable) -> None:
    with pytest.raises(OrderNotFound):
        orders_in(table).get(MEMBER, uuid7())

    assert table.calls == ["GetItem, consistent"]


@pytest.mark.parametrize("order_id", ["", "1", "x" * 2000, "00000000-0000-0000-0000-000000000000", "\x00"])
def test_what_cannot_be_an_id_is_not_found_without_a_read(table: FakeTable, order_id: str) -> None:
    with pytest.raises(OrderNotFound) as refused:
        orders_in(table).get(MEMBER, order_id)

    assert refused.value.status == 404
    assert table.calls == []


def test_nobody_finds_another_members_order(table: FakeTable) -> None:
    orders = orders_in(table)
    mine = add(orders, MEMBER, 3)

    with pytest.raises(OrderNotFound):
        orders.get(OTHER_MEMBER, mine[0])
    assert orders.page(OTHER_MEMBER, 100) == ([], None)
    assert orders.page(OTHER_MEMBER, 100, after=mine[2]) == ([], None)


@given(count=st.integers(0, 25), limit=st.integers(1, 12))
def test_pages_hold_every_order_once_newest_first_and_none_is_empty(count: int, limit: int) -> None:
    table = FakeTable("member_id", "order_id")
    orders = orders_in(table)
    placed = add(orders, MEMBER, count)
    add(orders, OTHER_MEMBER, 3)
    table.calls.clear()

    seen: list[str] = []
    after: str | None = None
    pages = 0
    while pages == 0 or after:
        page, after = orders.page(MEMBER, limit, after)
        seen += [order.order_id for order in page]
        pages += 1
        assert len(page) == limit or after is None

    assert seen == placed[::-1]
    assert pages == max(1, -(-count // limit))
    assert table.calls == ["Query"] * pages


def add(orders: Orders, member: str, count: int) -> list[str]:
    """Add some orders and return their ids, oldest first."""
    placed = [some_order() for _ in range(count)]
    for order in placed:
        orders.add(member, order, "tok_ok", "ship_ok")
    return [order.order_id for order in placed]
