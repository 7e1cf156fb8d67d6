"""Where the key source is AUTHORIZER, plans count by the key that the authorizer names."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import requests

from local.engine.process import REGION
from tests.conformance.functions import make_function
from tests.conformance.rest_api import STAGE, RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

ALLOWING = """
def handler(event, context):
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "p", "policyDocument": policy, "usageIdentifierKey": event["headers"]["x-who"]}
"""


def deployed(client: Callable[[str], Any], engine: Engine, quota: int, ttl: int = 0) -> tuple[str, str]:
    """Return the URL of an API whose authorizer names what the header x-who says, and the only good key."""
    api = RestApi(client, engine)
    api.gateway.update_rest_api(
        restApiId=api.id,
        patchOperations=[{"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}],
    )
    name = make_function(client, ALLOWING)
    client("lambda").add_permission(
        FunctionName=name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    arn = client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    authorizer = api.gateway.create_authorizer(
        restApiId=api.id,
        name="who",
        type="REQUEST",
        identitySource="method.request.header.x-who",
        authorizerResultTtlInSeconds=ttl,
        authorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
    )["id"]
    api.mock("/", "GET", authorizationType="CUSTOM", authorizerId=authorizer, apiKeyRequired=True)
    base = api.deploy()
    value = uuid.uuid4().hex
    key = api.gateway.create_api_key(name=value, value=value, enabled=True)["id"]
    plan = api.gateway.create_usage_plan(
        name=value, apiStages=[{"apiId": api.id, "stage": STAGE}], quota={"limit": quota, "period": "DAY"}
    )["id"]
    api.gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return base, value


def test_the_authorizers_key_opens_and_counts(client: Callable[[str], Any], engine: Engine) -> None:
    base, key = deployed(client, engine, quota=2)

    answers = [requests.get(base + "/", headers={"x-who": key}, timeout=5) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_a_key_that_the_caller_sends_counts_for_nothing(client: Callable[[str], Any], engine: Engine) -> None:
    base, key = deployed(client, engine, quota=2)

    answer = requests.get(base + "/", headers={"x-who": uuid.uuid4().hex, "x-api-key": key}, timeout=5)

    assert answer.status_code == 403


def test_the_key_is_cached_with_the_rest_of_the_answer(client: Callable[[str], Any], engine: Engine) -> None:
    base, key = deployed(client, engine, quota=2, ttl=60)

    answers = [requests.get(base + "/", headers={"x-who": key}, timeout=5) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
