"""A function that fails, answers nonsense or takes too long is an integration fault of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conformance.rest_api import RestApi, content

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

FAULTS = {
    "raises": "raise ValueError('a secret')",
    "exits": "os._exit(3)",
    "none": "return None",
    "text": "return 'a secret'",
    "list": "return [1]",
    "json-text": "return json.dumps({'statusCode': 200, 'body': 'a secret'})",
    "other-field": "return {'statusCode': 200, 'body': '', 'cookies': ['a secret']}",
    "body-object": "return {'statusCode': 200, 'body': {'a': 'secret'}}",
    "status-word": "return {'statusCode': 'fine', 'body': 'a secret'}",
    "status-range": "return {'statusCode': 1200, 'body': 'a secret'}",
    "headers-list": "return {'statusCode': 200, 'headers': ['a secret']}",
}
INTERNAL = {"message": "Internal server error"}


def handler(**statements: str) -> str:
    """Return the code of a function that does, for each last part of a path, what its statement says."""
    cases = [f"    if name == {name!r}: {statement}" for name, statement in statements.items()]
    head = ["import json, os, time", "def handler(event, context):", "    name = event['path'][1:]"]
    return "\n".join(head + cases)


@pytest.fixture(scope="module")
def faulty(client: Callable[[str], Any], engine: Engine) -> str:
    """The URL of an API whose one function knows every fault."""
    api = RestApi(client, engine)
    api.function("/{fault}", "GET", handler(**FAULTS))
    return api.deploy()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_502_and_tells_nothing_of_the_inside(faulty: str, fault: str) -> None:
    answer = requests.get(f"{faulty}/{fault}", timeout=20)

    assert (answer.status_code, content(answer)) == (502, INTERNAL)
    assert answer.headers["x-amzn-ErrorType"] == "InternalServerErrorException"
    assert "secret" not in answer.text + str(answer.headers)


def test_a_fault_goes_through_the_gateway_response(client: Callable[[str], Any], engine: Engine) -> None:
    api = RestApi(client, engine)
    api.function("/raises", "GET", handler(raises="raise ValueError"))
    problem = {"gatewayresponse.header.Content-Type": "'application/problem+json'"}
    api.gateway_response("DEFAULT_5XX", '{"title": "Trouble"}', responseParameters=problem)
    with_own_body = requests.get(f"{api.deploy()}/raises", timeout=20)
    api.gateway_response("DEFAULT_5XX", '{"title": "Trouble"}', statusCode="503")
    with_own_status = requests.get(f"{api.deploy()}/raises", timeout=20)

    assert (with_own_body.status_code, content(with_own_body)) == (502, {"title": "Trouble"})
    assert with_own_body.headers["Content-Type"] == "application/problem+json"
    assert with_own_status.status_code == 503


def test_the_time_of_the_integration_ends_in_504_and_that_of_the_function_in_502(
    client: Callable[[str], Any], engine: Engine
) -> None:
    api = RestApi(client, engine)
    sleeping = handler(integration="time.sleep(3)", function="time.sleep(3)")
    api.function("/integration", "GET", sleeping, wait_ms=400)
    api.function("/function", "GET", sleeping, timeout=1)
    deployed = api.deploy()

    integration = requests.get(f"{deployed}/integration", timeout=20)
    function = requests.get(f"{deployed}/function", timeout=20)

    assert (integration.status_code, content(integration)) == (504, {"message": "Endpoint request timed out"})
    assert integration.elapsed.total_seconds() < 2
    assert (function.status_code, content(function)) == (502, INTERNAL)


def test_a_function_that_cannot_be_invoked_now_is_500(client: Callable[[str], Any], engine: Engine) -> None:
    api = RestApi(client, engine)
    function = api.function("/busy", "GET", handler(busy="return {}"))
    client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)

    answer = requests.get(f"{api.deploy()}/busy", timeout=20)

    assert (answer.status_code, content(answer)) == (500, INTERNAL)


def test_every_field_of_a_reply_may_be_left_out(client: Callable[[str], Any], engine: Engine) -> None:
    api = RestApi(client, engine)
    full = "return {'statusCode': '201', 'headers': {'X-On': True}}"
    api.function("/{reply}", "GET", handler(empty="return {}", full=full))
    deployed = api.deploy()

    answers = [requests.get(f"{deployed}/{reply}", timeout=20) for reply in ("empty", "full")]

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, ""), (201, "")]
    assert answers[1].headers["X-On"] == "true"
