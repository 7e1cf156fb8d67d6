"""Whatever happens to orders and their sagas: nothing is lost, nothing happens twice, and all come to an end.

Orders are placed, cancelled and carried on by their sagas while every call may fail in every way. The saga is
its real definition over its real functions (tests/unit/orders/saga/world.py).
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.unit.functions import Context, sample_event
from tests.unit.orders.saga.definition import SUBSTITUTIONS
from tests.unit.orders.saga.world import ExecutionError, World, well

RUNS, EXAMPLES = 500, 400
"""How many runs there are at the least, and for how many examples Hypothesis is asked.

It does not count those that ran out of choices on the way; they are brought to their ends and checked, too.
"""
ABOVE = int(SUBSTITUTIONS["ApprovalAbove"])
WAYS = [
    *["well"] * 10,
    *("before", "after", "timeout", "late", "twice", "fault"),
    *(f"killed {calls}" for calls in range(8)),
]
BETWEEN = [*["nothing"] * 20, "cancel", "late", "late", "another", "rotate"]
MEANWHILE = ["APPROVED", "APPROVED", "APPROVED", "REFUSED", "cancel", "late", "nothing", "another"]
PRODUCTS = ("teapot", "cup", "saucer")
payment_tokens = st.sampled_from(["tok_ok"] * 6 + ["tok_declined", "tok_timeout", "tok_flaky", "unknown"])
shipping_tokens = st.sampled_from(["ship_ok"] * 6 + ["ship_unavailable", "ship_timeout", "ship_flaky"])
line = st.fixed_dictionaries(
    {
        "product_id": st.sampled_from(PRODUCTS),
        "quantity": st.integers(1, 6),
        "unit_price": st.integers(0, 5000),
    }
)
runs = 0


class Shop(RuleBasedStateMachine):
    """A shop, its customers and its bad days."""

    def __init__(self) -> None:
        super().__init__()
        self.monkeypatch = pytest.MonkeyPatch()
        self.world = World(self.monkeypatch)
        self.placed: list[str] = []
        self.told: dict[str, int] = {}
        """By order, what its member was answered when cancelling it: 202 or 409."""
        self.answered: dict[str, dict[str, int]] = {}
        """By order, what staff were told of each answer they gave: 200, 404 or 409; the last."""
        self.running: set[str] = set()
        self.ran: set[str] = set()
        self.failed: set[str] = set()
        """The orders whose saga failed, which raises an alarm: people run it again."""
        self.read = {"start_saga": 0, "publish_events": 0}
        self.brought = dict.fromkeys(PRODUCTS, 0)

    @initialize(stock=st.lists(st.sampled_from([0, 7, 100, 100, 100, 100]), min_size=3, max_size=3))
    def open_shop(self, stock: list[int]) -> None:
        for product, quantity in zip(PRODUCTS, stock, strict=True):
            self.world.stock_in(product, quantity)
            self.brought[product] = quantity

    def teardown(self) -> None:
        global runs  # noqa: PLW0603 - counted over all machines
        try:
            self.let_all_end()
            self.check_the_end()
            runs += 1
        finally:
            self.monkeypatch.undo()

    # What happens ----------------------------------------------------------------------------------------

    @rule(
        lines=st.lists(line, min_size=1, max_size=3),
        payment=payment_tokens,
        shipping=shipping_tokens,
        starts_at_once=st.booleans(),
    )
    def place(self, lines: list[Any], payment: str, shipping: str, starts_at_once: bool) -> None:
        event = sample_event("orders", "create_order")
        event["multiValueHeaders"]["Idempotency-Key"] = [f"order-{len(self.placed):06}"]
        order = {"currency": "EUR", "lines": lines, "payment_token": payment, "shipping_token": shipping}
        event["body"] = json.dumps(order)
        answer = self.world.functions["create_order"](event, Context())
        assert answer["statusCode"] == 202
        self.placed.append(json.loads(answer["body"])["order_id"])
        if starts_at_once:
            self.deliver("start_saga", 10, False)

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.cancel_one(data.draw(st.sampled_from(self.placed), label="cancelled"))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), answer=st.sampled_from(["APPROVED", "REFUSED"]))
    def answer(self, data: st.DataObject, answer: str) -> None:
        self.answer_one(data.draw(st.sampled_from(self.placed), label="answered"), answer)

    @rule(data=st.data())
    def read_the_stream(self, data: st.DataObject) -> None:
        self.world.hook = self.trouble_with_events(data)
        for consumer in self.read:
            self.deliver(consumer, data.draw(st.integers(1, 6), label="batch"), data.draw(st.booleans()))

    @precondition(lambda self: set(self.world.started) - self.ran)
    @rule(data=st.data())
    def run_sagas(self, data: st.DataObject) -> None:
        while waiting := sorted(set(self.world.started) - self.ran):
            self.run_one(data.draw(st.sampled_from(waiting), label="saga"), data)

    @precondition(lambda self: self.world.late)
    @rule()
    def a_late_call_arrives(self) -> None:
        self.arrive_late()

    # How it happens ---------------------------------------------------------------------------------------

    def cancel_one(self, order_id: str) -> None:
        event = sample_event("orders", "cancel_order")
        event["pathParameters"] = {"order_id": order_id}
        status = self.world.functions["cancel_order"](event, Context())["statusCode"]
        assert status in {202, 409}
        assert self.told.setdefault(order_id, status) == status

    def answer_one(self, order_id: str, answer: str) -> None:
        event = sample_event("orders", "approve_order")
        event["pathParameters"] = {"order_id": order_id}
        event["body"] = json.dumps({"answer": answer, "reason": "as it is"})
        status = self.world.functions["approve_order"](event, Context())["statusCode"]
        assert status in {200, 404, 409}
        told = self.answered.setdefault(order_id, {})
        # An answer that was taken, or refused, stays so.
        assert told.get(answer, 404) in {404, status}
        told[answer] = status

    def meanwhile(self, data: st.DataObject) -> Any:
        """Give what happens while an order waits: answers, also twice, a cancelling, or nothing."""

        def happens(order_id: str) -> None:
            for what in data.draw(st.lists(st.sampled_from(MEANWHILE), max_size=2), label="meanwhile"):
                others = sorted(set(self.world.started) - self.ran)
                if what in {"APPROVED", "REFUSED"}:
                    self.answer_one(order_id, what)
                elif what == "cancel":
                    self.cancel_one(order_id)
                elif what == "late":
                    self.arrive_late()
                elif what == "another" and others and len(self.running) < 3:
                    self.run_one(others[0], data)

        return happens

    def run_one(self, order_id: str, data: st.DataObject) -> None:
        """Run a saga; before any of its calls, a member, another saga or a late call may come in between."""
        outer = self.world.hook, self.world.meanwhile
        self.ran.add(order_id)
        self.running.add(order_id)

        def trouble(name: str) -> str:
            between = data.draw(st.sampled_from(BETWEEN), label=name)
            others = sorted(set(self.world.started) - self.ran)
            if between == "cancel":
                self.cancel_one(data.draw(st.sampled_from(self.placed)))
            elif between == "late":
                self.arrive_late()
            elif between == "rotate":
                self.world.rotate(data.draw(st.integers(1, 4), label="steps"))
            elif between == "another" and others and len(self.running) < 3:
                self.run_one(others[0], data)
            return data.draw(st.sampled_from(WAYS), label=name)

        self.world.hook, self.world.meanwhile = trouble, self.meanwhile(data)
        if self.world.run(self.world.started[order_id]) == "FAILED":
            self.failed.add(order_id)
        self.world.hook, self.world.meanwhile = outer
        self.running.discard(order_id)

    def arrive_late(self) -> None:
        hook, self.world.hook = self.world.hook, well
        for call in self.world.late[:]:
            self.world.late.remove(call)
            with suppress(ExecutionError):  # nobody listens to a late call any more
                call()
        self.world.hook = hook

    def trouble_with_events(self, data: st.DataObject) -> Any:
        ways = ["well"] * 4 + ["refused", "after"]
        return lambda name: data.draw(st.sampled_from(ways), label=name)

    def deliver(self, consumer: str, size: int, twice: bool) -> None:
        """Give a consumer its next records as the event source mapping does, once or twice."""
        start = self.read[consumer]
        wanted = self.world.dynamo.changes[start : start + size]
        records = [one for one in wanted if consumer != "start_saga" or one["eventName"] == "INSERT"]
        answer: dict[str, Any] = {"batchItemFailures": []}
        for _ in range(2 if twice else 1):
            answer = self.world.functions[consumer]({"Records": records}, Context())
        failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
        self.read[consumer] = int(failed[0]) if failed else start + len(wanted)

    # What holds at any moment ------------------------------------------------------------------------------

    @invariant()
    def stock_is_never_lost_and_never_negative(self) -> None:
        for product, counts in self.world.stock().items():
            assert min(counts.values()) >= 0, (product, counts)
            assert sum(counts.values()) == self.brought[product], (product, counts)

    @invariant()
    def a_confirmed_order_is_paid_and_shipped(self) -> None:
        paid, shipped = self.world.provider("payment"), self.world.provider("shipment")
        for order_id, order in self.world.dynamo.orders().items():
            if order["status"]["S"] == "CONFIRMED":
                assert paid[order_id]["state"]["S"] == "DONE"
                assert paid[order_id]["amount"] == order["total"]
                assert shipped[order_id]["state"]["S"] == "DONE"

    @invariant()
    def staff_see_the_orders_that_they_can_still_answer(self) -> None:
        for order in self.world.dynamo.orders().values():
            open_ = order["status"]["S"] == "AWAITING_APPROVAL" and not order.keys() & {"approval", "outcome"}
            assert ("awaiting" in order) == open_, order

    # The end ------------------------------------------------------------------------------------------------

    def let_all_end(self) -> None:
        """Bring what is under way to its end, and do for the dead ends what the runbook says."""
        self.world.hook = well
        self.world.meanwhile = lambda _: None
        self.failed |= self.running  # Hypothesis ran out of choices within them
        for _ in range(2):
            for consumer in self.read:
                while self.read[consumer] < len(self.world.dynamo.changes):
                    self.deliver(consumer, 10, False)
            self.arrive_late()
            for order_id in sorted(set(self.world.started) - self.ran):
                self.ran.add(order_id)
                assert self.world.run(self.world.started[order_id]) == "SUCCEEDED"
            for message in self.world.dead_ends:  # none without its execution, and each with its input
                assert message["input"] == self.world.started[message["input"]["order_id"]]
                assert message["input"]["order_id"] in self.failed
            for order_id in sorted(self.failed):  # also those whose message was lost
                assert self.world.run(self.world.started[order_id]) == "SUCCEEDED"
            self.failed.clear()
            self.world.dead_ends.clear()

    def check_the_end(self) -> None:
        orders = self.world.dynamo.orders()
        assert set(orders) == set(self.placed)
        confirmed = {
            order_id: order for order_id, order in orders.items() if order["status"]["S"] == "CONFIRMED"
        }
        taken = {
            order_id: int(charge["amount"]["N"])
            for order_id, charge in self.world.provider("payment").items()
            if charge["state"]["S"] == "DONE"
        }
        booked = {
            order_id
            for order_id, shipment in self.world.provider("shipment").items()
            if shipment["state"]["S"] == "DONE"
        }
        assert taken == {order_id: int(order["total"]["N"]) for order_id, order in confirmed.items()}
        assert booked == set(confirmed)
        sold = dict.fromkeys(PRODUCTS, 0)
        for order in confirmed.values():
            for each in order["lines"]["L"]:
                sold[each["M"]["product_id"]["S"]] += int(each["M"]["quantity"]["N"])
        for product, counts in self.world.stock().items():
            assert counts == {
                "available": self.brought[product] - sold[product],
                "reserved": 0,
                "sold": sold[product],
            }
        for order_id, order in orders.items():
            self.check_one(order_id, order)

    def check_one(self, order_id: str, order: dict[str, Any]) -> None:
        status = order["status"]["S"]
        assert status in {"CONFIRMED", "REJECTED", "CANCELLED"}
        if order_id in self.told:
            assert (self.told[order_id] == 202) == (status == "CANCELLED")
        answers = self.answered.get(order_id, {})
        assert list(answers.values()).count(200) <= 1
        approval = order.get("approval", {}).get("S")
        assert {answer for answer, told in answers.items() if told == 200} <= {approval}
        if int(order["total"]["N"]) > ABOVE and status == "CONFIRMED":
            assert approval == "APPROVED"
        if approval in {"REFUSED", "EXPIRED"}:
            assert order_id not in self.world.provider("payment") or not self.charged(order_id)
        steps = [entry["M"]["step"]["S"] for entry in order["timeline"]["L"]]
        reminders = steps.count("APPROVAL_REMINDED")
        steps = [step for step in steps if step != "APPROVAL_REMINDED"]
        assert len(steps) == len(set(steps)), steps
        # What a call that came late, or people, undid after the order was closed.
        afterwards = set(steps[steps.index(status) + 1 :])
        assert steps[0] == "PLACED"
        assert not afterwards or status != "CONFIRMED"
        assert afterwards <= {"SHIPMENT_CANCELLED", "PAYMENT_REFUNDED", "STOCK_RELEASED"}
        mine = {event["event_id"]: event for event in self.world.events if event["order_id"] == order_id}
        asked = ["OrderAwaitingApproval"] * ("APPROVAL_REQUESTED" in steps)
        assert sorted(event["type"] for event in mine.values()) == sorted(
            ["OrderPlaced", *asked, *["OrderApprovalReminder"] * reminders, f"Order{status.title()}"]
        )

    def charged(self, order_id: str) -> bool:
        return self.world.provider("payment")[order_id]["state"]["S"] in {"DONE", "UNDONE"}


@pytest.fixture(autouse=True)
def quiet(capsys: pytest.CaptureFixture[str]) -> Any:
    """Keep the functions' log lines out of the report, and say how many runs there were."""
    yield
    capsys.readouterr()
    with capsys.disabled():
        print(f"{runs} runs without a violation ", end="")


def test_nothing_is_lost_and_nothing_happens_twice() -> None:
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=14,
            deadline=None,
            phases=[Phase.generate],  # a failure is told as it was found: making it smaller takes minutes
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert runs >= RUNS
