"""A stage writes one line a request into the log group of its access log settings."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.engine.process import REGION
from tests.conformance.rest_api import STAGE, RestApi, content, deploy_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

FIXED = [
    "identity.sourceIp",
    "identity.userAgent",
    "httpMethod",
    "resourcePath",
    "path",
    "protocol",
    "status",
    "stage",
    "apiId",
    "authorizer.principalId",
    "authorizer.tier",
    "error.responseType",
    "error.message",
    "wafResponseCode",
]
VARYING = [
    "requestId",
    "extendedRequestId",
    "responseLength",
    "responseLatency",
    "integrationLatency",
    "integration.status",
    "integrationStatus",
    "requestTime",
    "requestTimeEpoch",
]
FORMAT = json.dumps({name: f"$context.{name}" for name in FIXED + VARYING})
ECHO = """import json
def handler(event, context):
    return {"statusCode": 201, "body": json.dumps(event["requestContext"]["requestId"])}
"""
AUTHORIZER = """def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "ann", "policyDocument": policy, "context": {"tier": "premium"}}
"""


class LoggedApi:
    """An API with a function, a mock and a method behind an authorizer, whose stage logs."""

    def __init__(self, client: Callable[[str], Any], engine: Engine) -> None:
        self.api = RestApi(client, engine)
        self.group = f"/api/{uuid.uuid4().hex[:8]}"
        self._logs = client("logs")
        self._logs.create_log_group(logGroupName=self.group)
        self.api.function("/orders/{order_id}", "GET", ECHO)
        self.api.mock("/mock", "GET", "12345")
        arn = self.api.function("/unused", "GET", AUTHORIZER)
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        authorizer = self.api.gateway.create_authorizer(
            restApiId=self.api.id,
            name="members",
            type="TOKEN",
            authorizerUri=uri,
            identitySource="method.request.header.Authorization",
        )
        self.api.mock("/members", "GET", authorizationType="CUSTOM", authorizerId=authorizer["id"])
        self.url = self.api.deploy()
        self.log(FORMAT)

    def log(self, log_format: str) -> None:
        settings = {
            "destinationArn": f"arn:aws:logs:{REGION}:000000000000:log-group:{self.group}",
            "format": log_format,
        }
        self.api.gateway.update_stage(
            restApiId=self.api.id,
            stageName=STAGE,
            patchOperations=[
                {"op": "replace", "path": f"/accessLogSettings/{name}", "value": value}
                for name, value in settings.items()
            ],
        )

    def lines(self) -> list[str]:
        events = self._logs.filter_log_events(logGroupName=self.group)["events"]
        return [event["message"] for event in events]

    def last(self) -> dict[str, Any]:
        lines = self.lines()
        assert lines, "no line was written"
        last: dict[str, Any] = json.loads(lines[-1])
        return last


@pytest.fixture(scope="module")
def logged(client: Callable[[str], Any], engine: Engine) -> LoggedApi:
    return LoggedApi(client, engine)


def test_an_answered_request_is_told_in_full(logged: LoggedApi) -> None:
    before = int(time.time() * 1000)
    answer = requests.get(f"{logged.url}/orders/7?x=1", headers={"User-Agent": "shop/1"}, timeout=20)

    line = logged.last()

    assert {name: line[name] for name in FIXED} == {
        "identity.sourceIp": "127.0.0.1",
        "identity.userAgent": "shop/1",
        "httpMethod": "GET",
        "resourcePath": "/orders/{order_id}",
        "path": f"/{STAGE}/orders/7",
        "protocol": "HTTP/1.1",
        "status": "201",
        "stage": STAGE,
        "apiId": logged.api.id,
        "authorizer.principalId": "-",
        "authorizer.tier": "-",
        "error.responseType": "-",
        "error.message": "-",
        "wafResponseCode": "-",
    }
    assert line["responseLength"] == str(len(answer.content))
    assert (line["integration.status"], line["integrationStatus"]) == ("201", "200")
    assert 0 <= int(line["integrationLatency"]) <= int(line["responseLatency"])
    assert before <= int(line["requestTimeEpoch"]) <= time.time() * 1000
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", line["requestTime"])


def test_the_request_id_is_the_same_everywhere(logged: LoggedApi) -> None:
    answer = requests.get(f"{logged.url}/orders/7", timeout=20)

    line = logged.last()

    assert line["requestId"] == content(answer) == answer.headers["x-amzn-requestid"]
    assert line["extendedRequestId"] == answer.headers["x-amz-apigw-id"]


def test_an_error_of_the_gateway_is_told_by_its_type(logged: LoggedApi) -> None:
    requests.get(f"{logged.url}/nowhere", timeout=5)

    line = logged.last()

    assert (line["status"], line["error.responseType"]) == ("403", "MISSING_AUTHENTICATION_TOKEN")
    assert line["error.message"] == "Missing Authentication Token"
    assert (line["resourcePath"], line["integrationLatency"], line["integration.status"]) == ("-", "-", "-")


def test_the_caller_is_told_from_the_authorizer(logged: LoggedApi) -> None:
    requests.get(f"{logged.url}/members", headers={"Authorization": "t"}, timeout=20)

    line = logged.last()

    assert (line["authorizer.principalId"], line["authorizer.tier"]) == ("ann", "premium")


def test_hostile_headers_make_no_second_line_or_field(logged: LoggedApi) -> None:
    written = len(logged.lines())
    agent = 'a", "status": "999" é'

    requests.get(f"{logged.url}/mock", headers={"User-Agent": agent.encode()}, timeout=5)

    assert len(logged.lines()) == written + 1
    assert (logged.last()["identity.userAgent"], logged.last()["status"]) == (agent, "200")


def test_any_other_format_will_do(client: Callable[[str], Any], engine: Engine) -> None:
    logged = LoggedApi(client, engine)
    logged.log('$context.identity.sourceIp - - "$context.httpMethod $context.path" $context.status.')

    requests.get(f"{logged.url}/mock", timeout=5)

    assert logged.lines() == [f'127.0.0.1 - - "GET /{STAGE}/mock" 200.']


def test_cloudformation_gives_a_stage_its_settings_and_takes_them_back(client: Callable[[str], Any]) -> None:
    def template(stage: dict[str, Any]) -> dict[str, Any]:
        api_id = {"Ref": "Api"}
        deployment = {"RestApiId": api_id}
        stage = {**deployment, "DeploymentId": {"Ref": "Deployment"}, "StageName": STAGE, **stage}
        return {
            "Resources": {
                "Group": {"Type": "AWS::Logs::LogGroup"},
                "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "logged"}},
                "Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": deployment},
                "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": stage},
            },
            "Outputs": {
                "ApiId": {"Value": api_id},
                "Arn": {"Value": {"Fn::GetAtt": ["Group", "Arn"]}},
            },
        }

    name, gateway = f"stack-{uuid.uuid4().hex[:8]}", client("apigateway")
    setting = {"DestinationArn": {"Fn::GetAtt": ["Group", "Arn"]}, "Format": "$context.requestId"}

    made = deploy_stack(client, name, template({"AccessLogSetting": setting}))
    with_log = gateway.get_stage(restApiId=made["ApiId"], stageName=STAGE)
    deploy_stack(client, name, template({}))
    without = gateway.get_stage(restApiId=made["ApiId"], stageName=STAGE)

    assert with_log["accessLogSettings"] == {"destinationArn": made["Arn"], "format": "$context.requestId"}
    assert without.get("accessLogSettings", {}) == {}
