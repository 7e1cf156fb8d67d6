"""The throttle of one method of a stage holds when its path is written as AWS asks."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conformance.rest_api import STAGE, deploy_stack, url

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def template(settings: list[dict[str, Any]]) -> dict[str, Any]:
    api_id = {"Ref": "Api"}
    mock = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
        "IntegrationResponses": [{"StatusCode": "200"}],
    }
    method = {"RestApiId": api_id, "AuthorizationType": "NONE", "Integration": mock}
    path = {"RestApiId": api_id, "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "PathPart": "orders"}
    inner = {"RestApiId": api_id, "ParentId": {"Ref": "Orders"}, "PathPart": "{order_id}"}
    throttled = {
        "RestApiId": api_id,
        "ResponseType": "THROTTLED",
        "ResponseParameters": {
            "gatewayresponse.header.Retry-After": "'1'",
            "gatewayresponse.header.Content-Type": "'application/problem+json'",
        },
        "ResponseTemplates": {"application/json": '{"title": $context.error.messageString}'},
    }
    stage = {
        "RestApiId": api_id,
        "DeploymentId": {"Ref": "Deployment"},
        "StageName": STAGE,
        "MethodSettings": settings,
    }
    resources: dict[str, tuple[str, dict[str, Any]]] = {
        "Api": ("RestApi", {"Name": "throttled"}),
        "Orders": ("Resource", path),
        "Order": ("Resource", inner),
        "Create": ("Method", {**method, "ResourceId": {"Ref": "Orders"}, "HttpMethod": "POST"}),
        "List": ("Method", {**method, "ResourceId": {"Ref": "Orders"}, "HttpMethod": "GET"}),
        "Get": ("Method", {**method, "ResourceId": {"Ref": "Order"}, "HttpMethod": "GET"}),
        "Throttled": ("GatewayResponse", throttled),
        "Deployment": ("Deployment", {"RestApiId": api_id}),
        "Stage": ("Stage", stage),
    }
    depends = {"Deployment": ["Create", "List", "Get", "Throttled"]}
    return {
        "Resources": {
            name: {
                "Type": f"AWS::ApiGateway::{kind}",
                "Properties": properties,
                "DependsOn": depends.get(name, []),
            }
            for name, (kind, properties) in resources.items()
        },
        "Outputs": {"ApiId": {"Value": api_id}},
    }


def setting(path: str, method: str, burst: int) -> dict[str, Any]:
    return {
        "ResourcePath": path,
        "HttpMethod": method,
        "ThrottlingBurstLimit": burst,
        "ThrottlingRateLimit": 0.001,
    }


@pytest.mark.parametrize(
    ("path", "method"), [("/~1orders", "POST"), ("/~1orders", "*"), ("/~1orders~1{order_id}", "GET")]
)
def test_one_method_is_throttled_and_the_others_are_not(
    client: Callable[[str], Any], engine: Engine, path: str, method: str
) -> None:
    stage_wide = {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingBurstLimit": 50}
    stack = template([{**stage_wide, "ThrottlingRateLimit": 50}, setting(path, method, burst=2)])
    base = url(engine, deploy_stack(client, f"stack-{uuid.uuid4().hex[:8]}", stack)["ApiId"])
    one, other = (
        (f"{base}/orders", f"{base}/orders/1")
        if path == "/~1orders"
        else (f"{base}/orders/1", f"{base}/orders")
    )
    verb = "POST" if path == "/~1orders" else "GET"

    throttled = [requests.request(verb, one, timeout=5) for _ in range(3)]
    free = [requests.get(other, timeout=5) for _ in range(3)]

    assert [answer.status_code for answer in throttled] == [200, 200, 429]
    assert throttled[-1].json() == {"title": "Too Many Requests"}
    assert throttled[-1].headers["Retry-After"] == "1"
    assert throttled[-1].headers["Content-Type"] == "application/problem+json"
    assert [answer.status_code for answer in free] == [200, 200, 200]
