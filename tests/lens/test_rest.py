"""Scenario 1, the RESTful microservice."""

from __future__ import annotations

import json
import re
import secrets
import time

import pytest

from tests import templates
from tests.archive import a_post
from tests.stack import ORDER, Member, OrdersApi, Stack, StreamApi, asked_for

LOG_SECONDS, LOG_SECONDS_IN_AWS = 60, 300


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
def test_what_the_gateway_answers_itself_is_mapped_to_a_problem(stack: Stack, api: OrdersApi) -> None:
    nobody = OrdersApi(stack["OrdersApiUrl"], None)
    answers = [nobody.list(), api.send("GET", "/nothing"), api.send("POST", "/orders", json=ORDER)]

    assert [answer.status_code for answer in answers] == [401, 404, 400]
    for answer in answers:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json().keys() == {"type", "title", "status", "detail"}
        assert answer.json()["status"] == answer.status_code


@pytest.mark.lens("REST-1")
def test_a_services_answer_is_mapped_to_the_contracts(stack: Stack, member: Member) -> None:
    if not stack.has("stream"):
        pytest.skip("the stack has no stream service, whose API calls a service without a function")
    stream = StreamApi(stack["StreamApiUrl"], member.token)

    taken = stream.archive([a_post("one"), a_post("two")], "gateway")

    # Firehose itself answers 200 with FailedPutCount and a RecordId each.
    assert taken.status_code == 202
    assert taken.json() == {"taken": 2, "request_id": taken.json()["request_id"]}


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
    answer = api.send("GET", "/orders", headers={"User-Agent": mark})

    line = line_with(stack, "ApiAccessLogs", "requestId", answer.headers["x-amzn-RequestId"])

    assert line["caller"] == member.claims["sub"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/orders", 200)
    assert mark not in json.dumps(line)


@pytest.mark.lens("REST-3")
@pytest.mark.usefixtures("stocked")
def test_each_field_that_a_saved_query_names_is_one_of_the_lines(stack: Stack, api: OrdersApi) -> None:
    answer = api.list()
    faulty = api.follow(api.create({**ORDER, "payment_token": "tok_timeout"}).json()["order_id"])
    lines = {
        "ApiLogs": line_with(stack, "ApiAccessLogs", "requestId", answer.headers["x-amzn-RequestId"]),
        "FunctionLogs": line_with(stack, "TakePaymentLogs", "exception_name", "NoAnswer"),
    }
    queries = [query.properties for query in templates.resources("AWS::Logs::QueryDefinition")]

    assert faulty["reason"] == "FAULT"
    assert len(queries) == 7
    for query in queries:
        groups = query["LogGroupNames"]
        (logs,) = (group["Ref"] for group in (groups if isinstance(groups, list) else [groups]))
        assert fields_of(query["QueryString"]) <= lines[logs].keys(), query["Name"]


COMMANDS = {"filter", "limit", "parse", "sort", "stats"}
FUNCTIONS = {"avg", "count", "count_distinct", "ispresent", "latest", "pct"}
WORDS = {"and", "as", "asc", "by", "desc", "in", "like", "or"}


def fields_of(query: str) -> set[str]:
    """Return the fields that a query takes from log lines, in the part of CloudWatch's language used here."""
    named = {*re.findall(r"\bas (\w+)", query), *re.findall(r"\(\?<(\w+)>", query)}
    plain = re.sub(r'/[^/|]*/|"[^"]*"', " ", query)
    for stage in plain.split("|"):
        assert stage.split()[0] in COMMANDS, stage
    called = set(re.findall(r"(\w+)\(", plain))
    assert called <= FUNCTIONS, called
    found = set(re.findall(r"[A-Za-z_]\w*", plain))
    return found - named - called - COMMANDS - WORDS


def line_with(stack: Stack, group: str, field: str, value: str) -> dict[str, object]:
    """Wait for lines of a log group that have a value in a field, and return the only one, or the last."""
    name, begin = stack.physical_id("orders", group), int(time.time() * 1000) - 60_000
    deadline = time.monotonic() + (LOG_SECONDS if stack.on_this_machine else LOG_SECONDS_IN_AWS)
    lines: list[dict[str, object]] = []
    while not lines and time.monotonic() < deadline:
        pages = (
            stack.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=name, startTime=begin)
        )
        told = [json.loads(event["message"]) for page in pages for event in page["events"]]
        lines = [line for line in told if line.get(field) == value]
        time.sleep(0.2)

    assert lines
    assert field != "requestId" or len(lines) == 1
    return lines[-1]
