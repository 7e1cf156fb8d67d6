"""An order is placed exactly once, whatever happens to the requests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.models import NewOrder, Order
from orders.placing import place_order
from orders.repository import Orders
from shared.idempotency import KeyReused
from shared.ids import is_uuid7
from shared.tables import Table
from tests.unit.orders.fakes import Crash, FakeTable
from tests.unit.orders.strategies import new_orders

MEMBER, OTHER_MEMBER = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "c9f0f895-fb98-4b91-8d3e-1e6a2b3c4d5e"
KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"


@dataclass
class Shop:
    """The service around its two tables."""

    table: FakeTable = field(default_factory=lambda: FakeTable("member_id", "order_id"))
    claims: FakeTable = field(default_factory=lambda: FakeTable("id"))

    def place(self, new_order: NewOrder, key: str = KEY, member: str = MEMBER) -> Order:
        orders = Orders(cast("Table", self.table))
        return place_order(member, key, new_order, orders, cast("Table", self.claims))

    def kept(self) -> list[Order]:
        orders = Orders(cast("Table", self.table))
        return [orders.get(member, order_id) for member, order_id in self.table.items]


@given(new_orders)
def test_a_placed_order_is_kept_as_it_was_answered(new_order: NewOrder) -> None:
    shop = Shop()

    order = shop.place(new_order)

    assert shop.kept() == [order]
    assert is_uuid7(order.order_id)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", order.created_at)


@given(new_orders, st.integers(2, 5))
def test_the_same_key_and_body_answer_the_same(new_order: NewOrder, tries: int) -> None:
    shop = Shop()

    answers = [shop.place(new_order) for _ in range(tries)]

    assert answers == [answers[0]] * tries
    assert shop.kept() == [answers[0]]


@given(new_orders, new_orders)
def test_the_same_key_with_another_body_is_refused_and_keeps_the_first(a: NewOrder, b: NewOrder) -> None:
    shop = Shop()
    first = shop.place(a)

    if a == b:
        assert shop.place(b) == first
    else:
        with pytest.raises(KeyReused) as refused:
            shop.place(b)
        assert refused.value.status == 422
        assert refused.value.errors[0].field == "Idempotency-Key"

    assert shop.kept() == [first]


@given(new_orders)
def test_a_crash_before_the_claim_leaves_nothing(new_order: NewOrder) -> None:
    shop = Shop()
    shop.claims.crash_at = "PutItem"

    with pytest.raises(Crash):
        shop.place(new_order)

    assert shop.kept() == []


@given(new_orders)
def test_a_crash_between_the_claim_and_the_order_rolls_forward(new_order: NewOrder) -> None:
    shop = Shop()
    shop.table.crash_at = "PutItem"
    with pytest.raises(Crash):
        shop.place(new_order)
    (claim,) = shop.claims.items.values()

    order = shop.place(new_order)

    assert order.order_id == claim["outcome"]["order_id"]
    assert order.created_at == claim["outcome"]["created_at"]
    assert shop.kept() == [order]


@given(new_orders)
def test_a_retry_does_not_undo_what_has_become_of_the_order(new_order: NewOrder) -> None:
    shop = Shop()
    order = shop.place(new_order)
    (item,) = shop.table.items.values()
    item["note"] = "moved on"

    assert shop.place(new_order) == order

    assert item["note"] == "moved on"


@given(new_orders)
def test_two_members_with_one_key_have_an_order_each(new_order: NewOrder) -> None:
    shop = Shop()

    mine, theirs = shop.place(new_order), shop.place(new_order, member=OTHER_MEMBER)

    assert mine.order_id != theirs.order_id
    assert sorted(shop.table.items) == sorted([(MEMBER, mine.order_id), (OTHER_MEMBER, theirs.order_id)])


def test_placing_costs_two_writes_and_nothing_else() -> None:
    shop = Shop()
    new_order = NewOrder("EUR", [], "tok_ok", "ship_ok")

    shop.place(new_order)

    assert (shop.claims.calls, shop.table.calls) == (["PutItem"], ["PutItem"])
