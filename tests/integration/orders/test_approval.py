"""Staff's answers to orders above the amount that needs one, through both doors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.approvals import large_order, waiting_order
from tests.events import events_of
from tests.partners import staff
from tests.stack import PAUSES, SECONDS, OrdersApi, Stack, held

NOBODYS = "0190b2c4-7f7e-7c3a-8000-000000000000"


@pytest.fixture(scope="module")
def staff_api(stack: Stack) -> Iterator[OrdersApi]:
    """The orders API as somebody in the group staff."""
    person = stack.enrol("staff")
    yield OrdersApi(stack["OrdersApiUrl"], person.token)
    person.leave()


@pytest.fixture
def waiting(stocked: Stack, api: OrdersApi) -> str:
    """An order that waits for approval."""
    return waiting_order(stocked, api)


def listed(api: OrdersApi, order_id: str) -> dict[str, Any]:
    """Return how the list of what waits has an order, {} for not at all; it is read in small pages."""
    found, query = [], {"limit": "2"}
    while True:
        page = api.send("GET", "/staff/approvals", params=query).json()
        found += page["items"]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]
    assert [one["awaiting_since"] for one in found] == sorted(one["awaiting_since"] for one in found)
    return next((one for one in found if one["order_id"] == order_id), {})


def answer(api: OrdersApi, order_id: str, given: Any) -> requests.Response:
    body = given if isinstance(given, dict) else {"answer": given, "reason": "as it is"}
    return api.send("POST", f"/orders/{order_id}/approval", json=body)


def steps(order: dict[str, Any]) -> list[str]:
    return [entry["step"] for entry in order["timeline"]]


def test_an_approved_order_goes_on(api: OrdersApi, staff_api: OrdersApi, waiting: str) -> None:
    before = api.get(waiting)

    answers = [answer(staff_api, waiting, given) for given in ("APPROVED", "APPROVED", "REFUSED")]

    assert before.json()["status"] == "AWAITING_APPROVAL"
    assert before.headers["Retry-After"] == "60"
    assert [one.status_code for one in answers] == [200, 200, 409]
    assert answers[0].json() == {"order_id": waiting, "answer": "APPROVED"}
    assert answers[2].headers["Content-Type"] == "application/problem+json"
    order = api.follow(waiting)
    assert order["status"] == "CONFIRMED"
    assert steps(order)[1:5] == ["STOCK_RESERVED", "APPROVAL_REQUESTED", "APPROVED", "PAYMENT_TAKEN"]


def test_staff_see_an_order_for_as_long_as_they_can_answer_it(
    stocked: Stack, api: OrdersApi, staff_api: OrdersApi, waiting: str
) -> None:
    another = waiting_order(stocked, api)
    order, told = api.get(waiting).json(), {one: listed(staff_api, one) for one in (waiting, another)}

    answer(staff_api, waiting, "APPROVED")
    api.cancel(another)

    assert told[another]
    assert told[waiting] == {
        **{name: order[name] for name in ("order_id", "total", "currency")},
        "awaiting_since": order["timeline"][-1]["at"],
        "awaiting_until": told[waiting]["awaiting_until"],
    }
    assert told[waiting]["awaiting_until"] > told[waiting]["awaiting_since"]
    api.follow(waiting)
    api.follow(another)
    assert [listed(staff_api, one) for one in (waiting, another)] == [{}, {}]


def test_a_refused_order_is_undone_and_nothing_is_charged(
    api: OrdersApi, staff_api: OrdersApi, waiting: str
) -> None:
    assert answer(staff_api, waiting, "REFUSED").status_code == 200

    order = api.follow(waiting)
    assert (order["status"], order["reason"]) == ("REJECTED", "APPROVAL_REFUSED")
    assert "PAYMENT_TAKEN" not in steps(order)


def test_cancelling_ends_the_wait_and_a_late_answer_is_told_so(
    api: OrdersApi, staff_api: OrdersApi, waiting: str
) -> None:
    api.cancel(waiting)

    assert answer(staff_api, waiting, "APPROVED").status_code == 409
    assert api.follow(waiting)["status"] == "CANCELLED"


def test_a_member_cannot_approve_their_own_order(api: OrdersApi, waiting: str) -> None:
    refused = answer(api, waiting, "APPROVED")

    assert (refused.status_code, refused.json()["title"]) == (403, "Forbidden")
    assert api.get(waiting).json()["status"] == "AWAITING_APPROVAL"
    api.cancel(waiting)


@pytest.fixture
def days_pass(stocked: Stack) -> Iterator[None]:
    """On this machine, the days that staff have for an answer pass in some seconds."""
    definition = stocked.client("stepfunctions").describe_state_machine(
        stateMachineArn=stocked["OrderSagaArn"]
    )["definition"]
    (seconds,) = re.findall(r"\"TimeoutSeconds\": ?\"{% (\d+) %}\"", definition)
    if not stocked.on_this_machine:
        pytest.skip(f"an approval expires after waits of {seconds} s here")
    with held("days"):
        stocked.scale_pauses(1.5 / int(seconds))
        yield
        stocked.scale_pauses(PAUSES)


@pytest.mark.usefixtures("days_pass")
def test_nobody_answers_and_after_the_reminders_the_approval_has_expired(
    stocked: Stack, api: OrdersApi, staff_api: OrdersApi, heard: str
) -> None:
    order_id = large_order(stocked, api)

    order = api.follow(order_id)
    late = [answer(staff_api, order_id, given) for given in ("APPROVED", "REFUSED")]

    assert (order["status"], order["reason"]) == ("REJECTED", "APPROVAL_EXPIRED")
    reminded = ["APPROVAL_REMINDED"] * 2
    assert steps(order) == [
        *("PLACED", "STOCK_RESERVED", "APPROVAL_REQUESTED", *reminded),
        *("STOCK_RELEASED", "REJECTED"),
    ]
    for one in late:
        assert (one.status_code, one.headers["Content-Type"]) == (409, "application/problem+json")
        assert one.json()["detail"] == "The order waits for no answer any more: it is expired."
    assert api.get(order_id).json() == order
    events = {event["detail"]["event_id"]: event for event in events_of(stocked, heard, order_id, 5)}
    assert {name.partition(".")[2]: event["detail-type"] for name, event in events.items()} == {
        "PENDING": "OrderPlaced",
        "AWAITING_APPROVAL": "OrderAwaitingApproval",
        "reminder.1": "OrderApprovalReminder",
        "reminder.2": "OrderApprovalReminder",
        "REJECTED": "OrderRejected",
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"answer": "MAYBE", "reason": "x"}, "/answer"),
        ({"answer": "APPROVED"}, "/reason"),
        ({"answer": "APPROVED", "reason": ""}, "/reason"),
        ({"answer": "APPROVED", "reason": "x", "token": "forged"}, "/token"),
    ],
)
def test_what_is_no_answer_is_refused_by_its_field(staff_api: OrdersApi, given: Any, field: str) -> None:
    refused = answer(staff_api, NOBODYS, given)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("order_id", [NOBODYS, "forged"])
def test_an_answer_to_nothing_is_not_found(staff_api: OrdersApi, order_id: str) -> None:
    assert answer(staff_api, order_id, "APPROVED").status_code == 404


def test_a_token_of_the_wait_is_shown_to_nobody(api: OrdersApi, staff_api: OrdersApi, waiting: str) -> None:
    shown = [api.get(waiting), api.list(), answer(staff_api, waiting, "REFUSED"), api.cancel(waiting)]

    assert not [one.text for one in shown if "token" in one.text.lower()]


def as_tool(stack: Stack, order_id: str, credentials: Credentials) -> requests.Response:
    """Answer through the door of staff's tools, signed with these credentials."""
    url = f"{stack['OrdersApiUrl'].rstrip('/')}/staff/orders/{order_id}/approval"
    body = json.dumps({"answer": "APPROVED", "reason": "by rule 7"})
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(credentials, "execute-api", stack["UserPoolId"].partition("_")[0]).add_auth(request)
    return requests.post(url, data=body, headers=dict(request.headers), timeout=SECONDS)


def test_a_tool_answers_with_its_signature(stack: Stack, api: OrdersApi, waiting: str) -> None:
    answered = as_tool(stack, waiting, staff(stack))

    assert answered.status_code == 200, answered.text
    assert api.follow(waiting)["status"] == "CONFIRMED"
