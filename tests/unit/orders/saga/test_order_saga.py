"""The order saga's definition: what holds of every state, and the ways of an order through it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest

from local import pictures
from tests.unit.functions import ROOT, Context, sample_event
from tests.unit.orders.saga.definition import PATH, definition, longest, tasks, worst_case
from tests.unit.orders.saga.world import ExecutionError, World, well
from tests.unit.orders.test_capacity import item_size, reads, writes

PAGE = (ROOT / "docs/services/order-saga.md").read_text()
FORWARD = ["ReserveStock", "IsReserved", "TakePayment", "IsPaid", "BookShipment", "IsBooked", "Confirm"]
BACK = ["CancelShipment", "RefundPayment", "ReleaseStock", "Close", "IsFinished", "Ended"]
every_task = pytest.mark.parametrize(("name", "state"), tasks().items(), ids=tasks())


@every_task
def test_a_task_has_a_timeout_jittered_retries_and_a_catch_of_everything(name: str, state: Any) -> None:
    assert state["TimeoutSeconds"] > 0, name
    for retry in state["Retry"]:
        assert retry["JitterStrategy"] == "FULL"
        assert retry["MaxAttempts"] >= 3
        assert not {"States.ALL", "States.TaskFailed", "Fault"} & set(retry["ErrorEquals"])
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_the_worst_case_adds_up_and_fits_the_machines_timeout() -> None:
    text = PATH.read_text()
    told = {name: int(seconds) for name, seconds in re.findall(r"(\w+) (\d+)(?= [+=]| {2,}=)", text)}
    (whole,) = re.findall(r"all of it\s+= (\d+)", text)

    assert {name: longest(state) for name, state in tasks().items()} == {name: told[name] for name in tasks()}
    assert worst_case(definition()["StartAt"]) == int(whole)
    assert int(whole) < definition()["TimeoutSeconds"]
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


@pytest.mark.parametrize("name", [name for name, state in tasks().items() if name != "SendToDeadEnd"])
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
    transactions, single = saga.count("transact_write_items"), len(saga) - saga.count("transact_write_items")
    units = transactions * 2 * (writes(size) + len(job["quantities"])) + single
    assert row("saga") == ["saga", f"{len(saga)}", f"{units} WCU"]
    assert row("all")[1:] == [f"{len(calls) + len(saga)}", f"{units + len(calls)} WCU"]
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
