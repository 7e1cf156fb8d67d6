"""The total of an order, and the order that a request becomes."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders import rules
from orders.models import Line, NewOrder
from tests.unit.orders.strategies import lines, new_orders

SAFE_IN_EVERY_JSON_READER = 2**53 - 1
MOST_OF_A_LINE = Line(product_id="x" * 64, quantity=99, unit_price=1_000_000_000)


def test_a_total_is_the_sum_of_quantity_times_price() -> None:
    assert rules.total([Line("teapot", 2, 2450), Line("cup", 6, 700)]) == 9100


def test_the_greatest_order_of_all_is_the_contracts_maximum() -> None:
    assert rules.total([MOST_OF_A_LINE] * 50) == 4_950_000_000_000


@given(st.lists(lines, max_size=50))
def test_a_total_is_exact(some: list[Line]) -> None:
    by_hand = sum((Decimal(line.quantity) * Decimal(line.unit_price) for line in some), Decimal(0))

    assert rules.total(some) == by_hand
    assert 0 <= rules.total(some) <= SAFE_IN_EVERY_JSON_READER


@given(st.lists(lines, max_size=20), st.lists(lines, max_size=20))
def test_the_order_of_lines_and_how_they_are_grouped_do_not_matter(
    some: list[Line], more: list[Line]
) -> None:
    assert rules.total(some + more) == rules.total(more[::-1]) + rules.total(some[::-1])


@given(new_orders)
def test_a_placed_order_is_pending_and_keeps_what_was_asked_for(new_order: NewOrder) -> None:
    order = rules.place(new_order, "01935d3e-8a40-7c9b-9f0a-5d0c3a1b2e4f", "2026-11-21T09:30:00.000Z")

    assert order.status == "PENDING"
    assert (order.currency, order.lines) == (new_order.currency, new_order.lines)
    assert order.total == rules.total(new_order.lines)


@given(st.lists(lines, max_size=50))
def test_quantities_are_by_product_and_add_up(some: list[Line]) -> None:
    wanted = rules.quantities(some)

    assert set(wanted) == {line.product_id for line in some}
    assert sum(wanted.values()) == sum(line.quantity for line in some)
