"""The event-driven scenario: the order saga."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests import templates
from tests.approvals import waiting_order
from tests.stack import ORDER, OrdersApi, Stack

DEFINITION = yaml.safe_load((templates.ROOT / "statemachines/order_saga.asl.yaml").read_text())
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
UNDOES = {"ReserveStock": "ReleaseStock", "TakePayment": "RefundPayment", "BookShipment": "CancelShipment"}


@pytest.mark.lens("FLOW-1")
@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize(
    ("changes", "status", "steps"),
    [
        ({}, "CONFIRMED", ["STOCK_RESERVED", "PAYMENT_TAKEN", "SHIPMENT_BOOKED", "CONFIRMED"]),
        ({"payment_token": "tok_declined"}, "REJECTED", ["STOCK_RESERVED", "STOCK_RELEASED", "REJECTED"]),
        (
            {"shipping_token": "ship_unavailable"},
            "REJECTED",
            ["STOCK_RESERVED", "PAYMENT_TAKEN", "PAYMENT_REFUNDED", "STOCK_RELEASED", "REJECTED"],
        ),
    ],
)
def test_an_order_is_carried_out_or_undone_in_reverse(
    api: OrdersApi, changes: dict[str, str], status: str, steps: list[str]
) -> None:
    placed = api.create({**ORDER, **changes})

    order = api.follow(placed.json()["order_id"])

    assert order["status"] == status
    assert [entry["step"] for entry in order["timeline"]] == ["PLACED", *steps]


@pytest.mark.lens("FLOW-1")
@pytest.mark.parametrize(("step", "undone_by"), UNDOES.items())
def test_a_step_that_fails_or_times_out_leads_to_what_undoes_it(step: str, undone_by: str) -> None:
    (caught,) = STATES[step]["Catch"]

    assert caught["ErrorEquals"] == ["States.ALL"]
    assert (caught["Next"], caught["Assign"]["undo"]) == ("Decide", "all")
    reached, state = {"CancelShipment"}, "CancelShipment"
    while state != "Close":
        state = STATES[state]["Next"]
        reached.add(state)
    assert undone_by in reached


@pytest.mark.lens("FLOW-1")
@pytest.mark.lens("SERVREL-5")
@pytest.mark.parametrize(("name", "state"), TASKS.items(), ids=TASKS)
def test_a_task_ends_and_is_tried_again_with_jitter(name: str, state: dict[str, Any]) -> None:
    seconds = state["TimeoutSeconds"]  # people's time is a parameter, ended all the same
    assert seconds == "{% ${ApprovalWaitSeconds} %}" or seconds < DEFINITION["TimeoutSeconds"], name
    assert [retry["JitterStrategy"] for retry in state["Retry"]] == ["FULL"]
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.lens("FLOW-2")
@pytest.mark.parametrize(("given", "status"), [("APPROVED", "CONFIRMED"), ("REFUSED", "REJECTED")])
def test_a_large_order_waits_for_staff_and_goes_on_as_they_say(
    stocked: Stack, api: OrdersApi, given: str, status: str
) -> None:
    order_id = waiting_order(stocked, api)
    approver = stocked.enrol("staff")
    before = api.get(order_id).json()["status"]

    OrdersApi(stocked["OrdersApiUrl"], approver.token).send(
        "POST", f"/orders/{order_id}/approval", json={"answer": given, "reason": "as it is"}
    )
    after = api.follow(order_id)["status"]
    approver.leave()

    assert (before, after) == ("AWAITING_APPROVAL", status)


@pytest.mark.lens("SERVREL-5")
@pytest.mark.parametrize("name", ["StartSaga", "PublishEvents"])
def test_a_consumer_of_the_stream_bounds_its_retries_and_keeps_what_fails(name: str) -> None:
    (function,) = (one for one in templates.functions() if one.id == name)
    mapping = function.properties["Events"]["Stream"]["Properties"]
    queue = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 < mapping["MaximumRetryAttempts"] < 100
    assert mapping["MaximumRecordAgeInSeconds"] > 0
    assert queue in queues_with_an_alarm()


@pytest.mark.lens("SERVREL-5")
@pytest.mark.lens("SERVOPS-1")
@pytest.mark.parametrize(
    "queue",
    [one for one in templates.resources("AWS::SQS::Queue") if "RedrivePolicy" not in one.properties],
    ids=str,
)
def test_a_queue_of_what_failed_has_an_alarm(queue: templates.Resource) -> None:
    assert queue.id in queues_with_an_alarm()


@pytest.mark.lens("SERVOPS-1")
def test_a_workflow_that_fails_or_times_out_raises_an_alarm() -> None:
    watched = {alarm.properties["MetricName"] for alarm in templates.resources("AWS::CloudWatch::Alarm")}

    assert {"ExecutionsFailed", "ExecutionsTimedOut"} <= watched
    for alarm in templates.resources("AWS::CloudWatch::Alarm"):
        assert alarm.properties["AlarmActions"]


@pytest.mark.lens("SERVREL-3")
@pytest.mark.usefixtures("stocked")
def test_a_client_is_told_when_to_ask_again_and_what_has_not_changed(api: OrdersApi) -> None:
    order_id = api.create(ORDER).json()["order_id"]
    api.follow(order_id)

    final = api.get(order_id)
    again = api.get(order_id, final.headers["ETag"])

    assert "Retry-After" not in final.headers
    assert (again.status_code, again.text) == (304, "")


@pytest.mark.lens("SERVCOST-3")
def test_what_decides_nothing_calls_no_function() -> None:
    called = {name for name, state in TASKS.items() if "lambda" in state["Resource"]}

    assert called == {*UNDOES, *UNDOES.values()}


@pytest.mark.lens("SERVCOST-4")
def test_no_function_sleeps() -> None:
    for path in [*templates.ROOT.glob("functions/*/*/app.py"), *templates.ROOT.glob("layers/*/*/*.py")]:
        assert "sleep(" not in path.read_text(), path


def queues_with_an_alarm() -> set[str]:
    """Return the queues whose messages an alarm counts."""
    return {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in templates.resources("AWS::CloudWatch::Alarm")
        for dimension in alarm.properties["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
