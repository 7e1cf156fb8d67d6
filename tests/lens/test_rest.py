"""Scenario 1, the RESTful microservice."""

from __future__ import annotations

import json
import secrets
import time

import pytest

from tests import templates
from tests.stack import ORDER, Member, OrdersApi, Stack, asked_for

LOG_SECONDS = 15


@pytest.mark.lens("REST-1")
@pytest.mark.parametrize(("name", "operation"), sorted(templates.operations("orders").items()))
def test_every_operation_names_its_scope_and_its_refusals(name: str, operation: dict[str, object]) -> None:
    assert operation["security"], name
    assert {"403", "429", "500"} <= set(operation["responses"]), name  # type: ignore[call-overload]


@pytest.mark.lens("REST-1")
def test_the_door_refuses_what_the_contract_does_not_allow(stack: Stack, api: OrdersApi) -> None:
    without_token = OrdersApi(stack["OrdersApiUrl"], None).create(ORDER)
    without_key = api.send("POST", "/orders", json=ORDER)
    with_unknown_field = api.create({**ORDER, "discount": 100})

    assert without_token.status_code == 401
    assert without_key.status_code == 400
    assert "Idempotency-Key" in without_key.text
    assert with_unknown_field.status_code == 400
    assert "discount" in with_unknown_field.text


@pytest.mark.lens("REST-1")
@pytest.mark.lens("SERVREL-2")
def test_the_deployed_stage_throttles_itself_and_the_writing_method(stack: Stack) -> None:
    gateway = stack.client("apigateway")
    api_id = stack["OrdersApiUrl"].rstrip("/").split("/")[-2]
    if not stack.on_this_machine:
        api_id = stack["OrdersApiUrl"].split("//")[1].partition(".")[0]

    stage = gateway.get_stage(restApiId=api_id, stageName="v1")
    settings = {key.replace("~1", "/").strip("/"): told for key, told in stage["methodSettings"].items()}

    assert settings["*/*"]["throttlingRateLimit"] > 0
    assert settings["*/*"]["throttlingBurstLimit"] > 0
    assert settings["orders/POST"]["throttlingRateLimit"] > 0


@pytest.mark.lens("SERVREL-2")
def test_every_partners_plan_bounds_the_rate_and_the_day(stack: Stack) -> None:
    plans = [
        stack.client("apigateway").get_usage_plan(usagePlanId=row["PhysicalResourceId"])
        for row in stack.deployed
        if row["ResourceType"] == "AWS::ApiGateway::UsagePlan" and row["Service"].startswith("orders")
    ]

    assert len(plans) == 2
    for plan in plans:
        assert plan["throttle"]["rateLimit"] > 0
        assert plan["quota"]["period"] == "DAY"
        assert [entry["stage"] for entry in plan["apiStages"]] == ["v1"]


@pytest.mark.lens("REST-2")
def test_each_operation_has_a_function_of_its_own() -> None:
    functions = {function.id for function in templates.functions()}
    operations = [name[0].upper() + name[1:] for name in templates.operations("orders")]
    # A tool's door leads to the same function as the people's.
    served = {name.removesuffix("AsTool") for name in operations}

    assert served <= functions
    assert len(operations) == sum(len(item) for item in templates.contract("orders")["paths"].values())


@pytest.mark.lens("REST-2")
@pytest.mark.lens("SERVREL-3")
def test_what_one_function_takes_another_finds_in_the_table(api: OrdersApi) -> None:
    placed = api.create(ORDER)

    followed = api.send("GET", "/" + placed.headers["Location"])

    assert placed.status_code == 202
    assert asked_for(followed.json()) == asked_for(placed.json())


@pytest.mark.lens("REST-3")
def test_a_request_leaves_one_structured_line(stack: Stack, api: OrdersApi, member: Member) -> None:
    mark = f"probe-{secrets.token_hex(8)}"
    before = int(time.time() * 1000)
    answer = api.send("GET", "/orders", headers={"User-Agent": mark})
    group = stack.physical_id("orders", "ApiAccessLogs")

    deadline = time.monotonic() + (LOG_SECONDS if stack.on_this_machine else 20 * LOG_SECONDS)
    lines: list[dict[str, object]] = []
    while not lines and time.monotonic() < deadline:
        pages = (
            stack.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group, startTime=before - 1000)
        )
        told = [json.loads(event["message"]) for page in pages for event in page["events"]]
        lines = [line for line in told if line["requestId"] == answer.headers["x-amzn-RequestId"]]
        time.sleep(0.2)

    assert len(lines) == 1
    line = lines[0]
    assert line["caller"] == member.claims["sub"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/orders", 200)
    assert mark not in json.dumps(line)
