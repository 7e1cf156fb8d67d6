"""People's answers: the first stands, late and repeated ones are told so, and made-up ones find nothing."""

from __future__ import annotations

from typing import Any, Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.approval import Answer, Approval, Approvals, Awaiting, AwaitingOrder, NothingAsked, TooLate
from orders.repository import Orders
from shared.tables import Table
from shared.workflows import Tasks
from tests.unit.orders.fakes import Crash, FakeTable

ORDER_ID = "0190b2c4-7f7e-7c3a-8000-000000000000"
KEY = ("member-1", ORDER_ID)
APPROVED, REFUSED = Answer("APPROVED", "known customer"), Answer("REFUSED", "unknown customer")


class FakeTasks:
    """`shared.workflows.Tasks` that keeps the tokens it was given."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.crashes = False

    def end(self, token: str) -> None:
        if self.crashes:
            raise Crash
        self.ended.append(token)


def awaiting(since: str = "2026-11-21T09:30:00.000Z") -> dict[str, Any]:
    """Return what AskForApproval gives an order, and what its list tells of it."""
    told = {"total": 1_250_000, "currency": "EUR", "awaiting_until": "2026-11-24T09:30:00.000Z"}
    return {"awaiting": "STAFF", "awaiting_since": since, **told}


class Desk:
    """An order that waits, staff who answer, and what may come in between."""

    def __init__(self) -> None:
        self.tokens, self.orders, self.tasks = (
            FakeTable("order_id"),
            FakeTable("member_id", "order_id", Awaiting=("awaiting", "awaiting_since")),
            FakeTasks(),
        )
        self.approvals = Approvals(
            cast("Table", self.tokens), cast("Table", self.orders), cast("Tasks", self.tasks)
        )
        self.orders.items[KEY] = {
            "member_id": KEY[0],
            "order_id": KEY[1],
            "status": "AWAITING_APPROVAL",
            "timeline": [],
            **awaiting(),
        }
        self.wait("token-1")

    @property
    def order(self) -> dict[str, Any]:
        return self.orders.items[KEY]

    def listed(self) -> list[str]:
        """Return the orders that wait, as staff see them."""
        page, last = Awaiting(cast("Table", self.orders)).page(10)
        assert last is None
        return [order.order_id for order in page]

    def wait(self, token: str) -> None:
        """Begin a wait, as AwaitApproval does."""
        self.tokens.items[(ORDER_ID,)] = {"order_id": ORDER_ID, "member_id": KEY[0], "task_token": token}

    def answer(self, given: Answer) -> Approval:
        return self.approvals.answer(ORDER_ID, given, "staff-1")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(("given", "status"), [(APPROVED, "PENDING"), (REFUSED, "AWAITING_APPROVAL")])
def test_an_answer_is_written_and_then_the_saga_woken(desk: Desk, given: Answer, status: str) -> None:
    assert desk.answer(given) == Approval(ORDER_ID, given.answer)

    assert (desk.order["approval"], desk.order["approval_reason"]) == (given.answer, given.reason)
    assert desk.order["approval_by"] == "staff-1"
    assert [entry["step"] for entry in desk.order["timeline"]] == [given.answer]
    assert desk.order["status"] == status
    assert desk.tasks.ended == ["token-1"]


def test_a_refusal_decides_the_outcome(desk: Desk) -> None:
    desk.answer(REFUSED)

    assert desk.order["outcome"] == {"status": "REJECTED", "reason": "APPROVAL_REFUSED"}


@pytest.mark.parametrize("given", [APPROVED, REFUSED])
def test_the_same_answer_again_is_the_same_and_changes_nothing(desk: Desk, given: Answer) -> None:
    first = desk.answer(given)
    order = dict(desk.order)

    assert desk.answer(given) == first
    assert desk.order == order


@pytest.mark.parametrize("given", [APPROVED, REFUSED])
def test_an_order_is_listed_until_it_is_answered(desk: Desk, given: Answer) -> None:
    before = desk.listed()

    desk.answer(given)

    assert (before, desk.listed()) == ([ORDER_ID], [])


def test_an_order_is_listed_until_it_is_cancelled(desk: Desk) -> None:
    desk.order.update(lines=[{"product_id": "teapot", "quantity": 1, "unit_price": 1}], created_at="")

    Orders(cast("Table", desk.orders)).cancel(*KEY)

    assert desk.listed() == []


def test_those_who_have_waited_longest_come_first_a_page_at_a_time(desk: Desk) -> None:
    desk.orders.items.clear()
    for number in (2, 0, 3, 1, 1):
        key = (f"member-{number}", f"order-{len(desk.orders.items)}")
        waits = awaiting(f"2026-11-2{number}T09:30:00.000Z")
        desk.orders.items[key] = {"member_id": key[0], "order_id": key[1], **waits}
    desk.orders.items[KEY] = {"member_id": KEY[0], "order_id": KEY[1], "status": "PENDING"}
    list_ = Awaiting(cast("Table", desk.orders))

    first, at = list_.page(3)
    second, end = list_.page(3, at)

    assert [order.order_id for order in first + second] == [
        "order-1",
        "order-3",
        "order-4",
        "order-0",
        "order-2",
    ]
    assert first[0] == AwaitingOrder(
        "order-1", 1_250_000, "EUR", "2026-11-20T09:30:00.000Z", "2026-11-24T09:30:00.000Z"
    )
    assert end is None
    assert list_.page(5)[1] is None


def test_another_answer_than_the_first_is_too_late(desk: Desk) -> None:
    desk.answer(APPROVED)

    with pytest.raises(TooLate, match="it is approved"):
        desk.answer(REFUSED)
    assert "outcome" not in desk.order


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"approval": "EXPIRED"}, "it is expired"),
        ({"outcome": {"status": "CANCELLED"}}, "it is cancelled"),
        ({"outcome": {"status": "REJECTED"}}, "it is rejected"),
    ],
)
@pytest.mark.parametrize("given", [APPROVED, REFUSED])
def test_a_late_answer_is_told_what_became_of_the_order(
    desk: Desk, given: Answer, change: dict[str, Any], said: str
) -> None:
    desk.order.update(change)
    before = dict(desk.order)

    with pytest.raises(TooLate, match=said):
        desk.answer(given)
    assert desk.order == before
    assert not desk.tasks.ended


def test_an_answer_to_an_order_that_is_gone_is_too_late(desk: Desk) -> None:
    desk.orders.items.clear()

    with pytest.raises(TooLate, match="it is gone"):
        desk.answer(APPROVED)
    assert not desk.orders.items


@pytest.mark.parametrize("order_id", ["", "forged", "0190b2c4-7f7e-7c3a-8000-000000000001", "token-1"])
def test_an_answer_to_what_nobody_asked_about_is_refused(desk: Desk, order_id: str) -> None:
    with pytest.raises(NothingAsked):
        desk.approvals.answer(order_id, APPROVED, "staff-1")
    assert "approval" not in desk.order
    assert not desk.tasks.ended


def test_an_answer_whose_function_died_before_it_woke_anybody_wakes_when_it_comes_again(desk: Desk) -> None:
    desk.tasks.crashes = True
    with pytest.raises(Crash):
        desk.answer(APPROVED)
    desk.tasks.crashes = False

    desk.answer(APPROVED)

    assert desk.tasks.ended == ["token-1"]
    assert len(desk.order["timeline"]) == 1


Event = Literal["APPROVED", "REFUSED", "EXPIRED", "CANCELLED", "REMINDED"]


@given(st.lists(st.sampled_from(["APPROVED", "REFUSED", "EXPIRED", "CANCELLED", "REMINDED"]), max_size=8))
def test_whatever_comes_first_stands(events: list[Event]) -> None:
    desk, decided, waits = Desk(), None, 1
    for event in events:
        match event:
            case "REMINDED":
                waits += 1
                desk.wait(f"token-{waits}")
            case "EXPIRED":
                if not desk.order.keys() & {"approval", "outcome"}:
                    desk.order["approval"] = "EXPIRED"
            case "CANCELLED":
                desk.order.setdefault("outcome", {"status": "CANCELLED"})
            case _:
                given = Answer(event, "as it is")
                if decided in {None, event}:
                    assert desk.answer(given).answer == event
                    assert desk.tasks.ended[-1] == f"token-{waits}"  # the wait that is under way now
                else:
                    with pytest.raises(TooLate):
                        desk.answer(given)
        if event != "REMINDED" and decided is None:
            decided = event

    assert len(desk.order["timeline"]) == (decided in {"APPROVED", "REFUSED"})
    assert desk.order.get("approval") == (decided if decided != "CANCELLED" else None)
