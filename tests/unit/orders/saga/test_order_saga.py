"""The order saga's definition: what holds of every state, and the ways of an order through it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest

from local import pictures
from tests.templates import ROOT_TEMPLATE
from tests.unit.functions import ROOT, Context, sample_event
from tests.unit.orders.saga.definition import (
    PATH,
    SUBSTITUTIONS,
    definition,
    longest,
    states,
    tasks,
    waits,
    worst_case,
)
from tests.unit.orders.saga.world import ExecutionError, World, well
from tests.unit.orders.test_capacity import item_size, reads, writes

PAGE = (ROOT / "docs/services/order-saga.md").read_text()
FORWARD = ["ReserveStock", "IsReserved", "TakePayment", "IsPaid", "BookShipment", "IsBooked", "Confirm"]
BACK = ["CancelShipment", "RefundPayment", "ReleaseStock", "Close", "IsFinished", "Ended"]
every_task = pytest.mark.parametrize(("name", "state"), tasks().items(), ids=tasks())


@every_task
def test_a_task_has_a_timeout_jittered_retries_and_a_catch_of_everything(name: str, state: Any) -> None:
    assert waits(state) or state["TimeoutSeconds"] > 0, name
    assert "HeartbeatSeconds" not in state  # docs/local-cloud.md: the engine does not honour it
    for retry in state["Retry"]:
        assert retry["JitterStrategy"] == "FULL"
        assert retry["MaxAttempts"] >= 3
        assert not {"States.ALL", "States.TaskFailed", "Fault"} & set(retry["ErrorEquals"])
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_the_worst_case_adds_up_and_fits_the_machines_timeout() -> None:
    text = PATH.read_text()
    told = {name: int(seconds) for name, seconds in re.findall(r"(\w+) (\d+)(?= [+=]| {2,}=)", text)}
    (whole,) = re.findall(r"all of it\s+= (\d+)", text)

    mine = {name: longest(state) for name, state in tasks().items() if not waits(state) and name != "Remind"}
    assert mine == {name: told[name] for name in mine}
    assert worst_case(definition()["StartAt"]) == int(whole)
    parameters = ROOT_TEMPLATE.body["Parameters"]
    people = parameters["ApprovalWaits"]["MaxValue"] * (
        parameters["ApprovalWaitSeconds"]["MaxValue"] + longest(states()["Remind"]) + 91
    )
    assert int(whole) + people < definition()["TimeoutSeconds"]
    assert f"{whole} s" in PAGE


def test_the_picture_is_that_of_the_definition() -> None:
    assert pictures.drawing(definition()) in PAGE


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(monkeypatch)
    world.stock_in("teapot", 10)
    world.stock_in("cup", 10)
    return world


def placed(world: World, **changes: Any) -> dict[str, Any]:
    """Place the sample order, with changes, and return its saga's input."""
    event = sample_event("orders", "create_order")
    event["body"] = json.dumps({**json.loads(event["body"]), **changes})
    world.functions["create_order"](event, Context())
    world.functions["start_saga"]({"Records": world.dynamo.changes}, Context())
    (job,) = world.started.values()
    return job


def order(world: World) -> dict[str, Any]:
    """Return the one order, as its member sees it."""
    (order_id,) = world.started
    event = sample_event("orders", "get_order")
    event["pathParameters"] = {"order_id": order_id}
    answered: dict[str, Any] = json.loads(world.functions["get_order"](event, Context())["body"])
    return answered


def test_a_confirmed_order_enters_seven_states(world: World) -> None:
    job = placed(world)

    assert world.run(job) == "SUCCEEDED"

    assert world.entered == FORWARD
    assert order(world)["status"] == "CONFIRMED"
    assert f"{len(FORWARD)} states" in PAGE


@pytest.mark.parametrize(
    ("changes", "way", "reason"),
    [
        ({"lines": [{"product_id": "teapot", "quantity": 11, "unit_price": 1}]}, 2, "OUT_OF_STOCK"),
        ({"lines": [{"product_id": "nothing", "quantity": 1, "unit_price": 1}]}, 2, "OUT_OF_STOCK"),
        ({"payment_token": "tok_declined"}, 4, "PAYMENT_DECLINED"),
        ({"shipping_token": "ship_unavailable"}, 6, "SHIPPING_UNAVAILABLE"),
    ],
)
def test_what_is_refused_is_undone_as_far_as_it_was_done(
    world: World, changes: dict[str, Any], way: int, reason: str
) -> None:
    job = placed(world, **changes)

    assert world.run(job) == "SUCCEEDED"

    undone = BACK[1:] if way == 6 else BACK[2:]
    assert world.entered == [*FORWARD[:way], "Decide", "WhatToUndo", *undone]
    assert (order(world)["status"], order(world)["reason"]) == ("REJECTED", reason)


@pytest.mark.parametrize(
    ("tokens", "failing"),
    [({"payment_token": "tok_timeout"}, "TakePayment"), ({"shipping_token": "ship_timeout"}, "BookShipment")],
)
def test_what_was_done_and_nobody_heard_of_is_undone(
    world: World, tokens: dict[str, str], failing: str
) -> None:
    job = placed(world, **tokens)

    assert world.run(job) == "SUCCEEDED"

    assert world.entered[-len(BACK) - 3 :] == [failing, "Decide", "WhatToUndo", *BACK]
    kinds = ["payment", "shipment"] if failing == "BookShipment" else ["payment"]
    assert {world.provider(kind)[job["order_id"]]["state"]["S"] for kind in kinds} == {"UNDONE"}
    assert order(world)["reason"] == "FAULT"


APPROVAL = {"AskForApproval", "AwaitApproval", "Remind", "CloseApproval"}


@pytest.mark.parametrize("name", [name for name in tasks() if name not in {"SendToDeadEnd", *APPROVAL}])
def test_what_cannot_be_undone_or_closed_ends_with_people(world: World, name: str) -> None:
    job = placed(world, shipping_token="ship_timeout")
    world.hook = lambda _: "fault" if world.entered[-1] == name else "well"

    status = world.run(job)

    if name in {"Decide", "Close", "CancelShipment", "RefundPayment", "ReleaseStock"}:
        assert status == "FAILED"
        (message,) = world.dead_ends
        assert (message["unfinished"], message["input"]) == ([name], job)
        # As the runbook says: run the saga again with the same input.
        world.hook = well
        assert world.run(message["input"]) == "SUCCEEDED"
    else:
        assert status == "SUCCEEDED"
        assert not world.dead_ends
    assert order(world)["status"] == "REJECTED"
    assert world.stock()["teapot"] == {"available": 10, "reserved": 0, "sold": 0}


@pytest.mark.parametrize("name", ["ReserveStock", "TakePayment", "BookShipment"])
def test_what_arrives_after_it_was_undone_changes_nothing(world: World, name: str) -> None:
    job = placed(world)
    world.hook = lambda _: "late" if world.entered[-1] == name else "well"
    world.run(job)
    before = order(world)

    for call in world.late:
        with suppress(ExecutionError):
            call()

    assert order(world) == before
    assert before["status"] == "REJECTED"
    assert world.stock()["teapot"] == {"available": 10, "reserved": 0, "sold": 0}
    for kind in ("payment", "shipment"):
        assert world.provider(kind)[job["order_id"]]["state"]["S"] in {"CLOSED", "UNDONE"}


LARGE = {"lines": [{"product_id": "teapot", "quantity": 1, "unit_price": 30_001}]}


def answering(world: World, *answers: str) -> list[int]:
    """Let staff give these answers during the next waits, one a wait; return what they are told."""
    told: list[int] = []
    left = list(answers)

    def meanwhile(order_id: str) -> None:
        if left and (given := left.pop(0)):
            told.append(answer(world, order_id, given))

    world.meanwhile = meanwhile
    return told


def listed(world: World) -> list[str]:
    """Return for how long each order is to wait that staff see in their list."""
    return [
        str(
            datetime.fromisoformat(item["awaiting_until"]["S"])
            - datetime.fromisoformat(item["awaiting_since"]["S"])
        )
        for item in world.dynamo.orders().values()
        if item.get("awaiting") == {"S": "STAFF"}
    ]


def answer(world: World, order_id: str, given: str) -> int:
    event = sample_event("orders", "approve_order")
    event["pathParameters"] = {"order_id": order_id}
    event["body"] = json.dumps({"answer": given, "reason": "as it is"})
    status: int = world.functions["approve_order"](event, Context())["statusCode"]
    return status


def test_a_large_order_waits_and_goes_on_when_it_is_approved(world: World) -> None:
    job = placed(world, **LARGE)
    seen: list[str] = []

    def meanwhile(order_id: str) -> None:
        seen.append(order(world)["status"])
        seen.extend(listed(world))
        answer(world, order_id, "APPROVED")
        seen.extend(listed(world))

    world.meanwhile = meanwhile

    assert world.run(job) == "SUCCEEDED"

    asked = ["AskForApproval", "AwaitApproval", "CloseApproval", "IsApproved"]
    assert world.entered == [*FORWARD[:2], *asked, *FORWARD[2:]]
    assert seen == ["AWAITING_APPROVAL", "3 days, 0:00:00"]
    assert order(world)["status"] == "CONFIRMED"


def test_nothing_is_charged_for_an_order_that_is_refused(world: World) -> None:
    job = placed(world, **LARGE)
    told = answering(world, "REFUSED")

    world.run(job)

    assert told == [200]
    assert (order(world)["status"], order(world)["reason"]) == ("REJECTED", "APPROVAL_REFUSED")
    assert not world.provider("payment")
    assert world.stock()["teapot"] == {"available": 10, "reserved": 0, "sold": 0}


def test_an_approval_expires_after_its_reminders_and_a_late_answer_is_told_so(world: World) -> None:
    job = placed(world, **LARGE)

    world.run(job)

    assert (order(world)["status"], order(world)["reason"]) == ("REJECTED", "APPROVAL_EXPIRED")
    steps = [entry["step"] for entry in order(world)["timeline"]]
    assert steps.count("APPROVAL_REMINDED") == int(SUBSTITUTIONS["ApprovalWaits"]) - 1
    assert answer(world, job["order_id"], "APPROVED") == 409
    assert not world.provider("payment")
    assert not listed(world)


def test_the_first_answer_stands_and_the_same_one_again_is_the_same(world: World) -> None:
    job = placed(world, **LARGE)
    told: list[int] = []
    world.meanwhile = lambda order_id: told.extend(
        answer(world, order_id, given) for given in ("APPROVED", "APPROVED", "REFUSED")
    )

    world.run(job)

    assert told == [200, 200, 409]
    assert answer(world, job["order_id"], "APPROVED") == 200
    assert order(world)["status"] == "CONFIRMED"


def test_cancelling_ends_the_wait_at_once(world: World) -> None:
    job = placed(world, **LARGE)
    told: list[int] = []

    def meanwhile(order_id: str) -> None:
        event = sample_event("orders", "cancel_order")
        event["pathParameters"] = {"order_id": order_id}
        world.functions["cancel_order"](event, Context())
        told.append(answer(world, order_id, "APPROVED"))

    world.meanwhile = meanwhile
    world.run(job)

    assert told == [409]
    assert world.entered.count("AwaitApproval") == 1
    assert (order(world)["status"], order(world)["reason"]) == ("CANCELLED", "CANCELLED_BY_MEMBER")


def test_an_answer_to_an_order_that_nobody_asked_about_is_not_found(world: World) -> None:
    job = placed(world)

    assert answer(world, job["order_id"], "APPROVED") == 404


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["ReserveStock", "TakePayment", "BookShipment", "Confirm"])
def test_an_order_in_flight_while_the_providers_key_is_rotated_is_confirmed(
    world: World, name: str, steps: int
) -> None:
    job = placed(world)
    knew = world.secrets.current()
    for function in ("take_payment", "book_shipment"):  # they know the key from now on
        world.functions[function]({**job, "order_id": "another"}, Context())

    def rotating(_: str) -> str:
        if world.entered[-1] == name:
            world.rotate(steps)
        return "well"

    world.hook = rotating

    assert world.run(job) == "SUCCEEDED"
    assert world.entered == FORWARD
    assert (world.secrets.current() == knew) == (steps < 4)


def test_an_order_whose_key_is_refused_is_charged_nothing_and_ends_when_the_key_is_mended(
    world: World,
) -> None:
    job = placed(world)
    version = world.secrets.labels["AWSCURRENT"]
    good, world.secrets.values[version] = world.secrets.current(), "a wrong one"

    assert world.run(job) == "FAILED"

    assert (order(world)["status"], order(world)["reason"]) == ("REJECTED", "FAULT")
    assert world.entered.count("TakePayment") == 1
    assert not world.provider("payment")
    assert world.stock()["teapot"] == {"available": 10, "reserved": 0, "sold": 0}
    (message,) = world.dead_ends
    assert message["unfinished"] == ["CancelShipment", "RefundPayment"]
    world.secrets.values[version] = good
    assert world.run(message["input"]) == "SUCCEEDED"
    assert world.provider("payment")[job["order_id"]]["state"]["S"] == "CLOSED"


def test_a_lost_dead_end_message_still_fails_the_execution(world: World) -> None:
    job = placed(world, shipping_token="ship_timeout")
    world.hook = lambda called: "fault" if called in {"CancelShipment", "sqs:sendMessage"} else "well"

    assert world.run(job) == "FAILED"

    assert world.entered[-2:] == ["SendToDeadEnd", "Unfinished"]


def test_a_confirmation_that_nobody_heard_of_stands(world: World) -> None:
    job = placed(world)
    world.hook = lambda _: "timeout" if world.entered[-1] == "Confirm" else "well"

    assert world.run(job) == "SUCCEEDED"

    assert world.entered == [*FORWARD, "Decide", "WhatToUndo", "Ended"]
    assert order(world)["status"] == "CONFIRMED"
    assert world.stock()["teapot"] == {"available": 8, "reserved": 0, "sold": 2}


def test_what_an_order_costs_is_as_documented(world: World) -> None:
    job = placed(world)
    calls = world.dynamo.calls.copy()
    world.run(job)

    def row(name: str) -> list[str]:
        (found,) = (line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))
        return [cell.strip() for cell in found.strip("|").split("|")]

    (stored,) = world.dynamo.orders().values()
    size = sum(len(name) + _size(value) for name, value in stored.items())
    saga = world.dynamo.calls[len(calls) :]
    transactions, looks = saga.count("transact_write_items"), saga.count("get_item")
    units = transactions * 2 * (writes(size) + len(job["quantities"])) + len(saga) - transactions - looks
    assert row("saga") == ["saga", f"{len(saga)}", f"{units} WCU, {looks} RCU"]
    assert row("all")[1:] == [f"{len(calls) + len(saga)}", f"{units + len(calls)} WCU, {looks} RCU"]
    assert f"{size} bytes" in PAGE
    assert reads(size, consistent=True) == 1
    assert item_size({"a": 1}) == 3


def _size(value: dict[str, Any]) -> int:
    """Return the bytes that DynamoDB counts for a value in its own form."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return 1 + -(-len(content.strip("0")) // 2)
        case "M":
            return 3 + sum(1 + len(name) + _size(inner) for name, inner in content.items())
        case "L":
            return 3 + sum(1 + _size(inner) for inner in content)
    raise AssertionError(kind)
