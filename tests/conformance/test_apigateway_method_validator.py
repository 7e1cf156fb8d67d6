"""AWS::ApiGateway::RequestValidator makes a validator, and AWS::ApiGateway::Method uses it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import requests

from tests.conformance.rest_api import STAGE, deploy_stack, url

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def template(*, validates_body: bool) -> dict[str, Any]:
    api_id = {"Ref": "Api"}
    method = {
        "RestApiId": api_id,
        "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
        "HttpMethod": "POST",
        "AuthorizationType": "NONE",
        "RequestModels": {"application/json": {"Ref": "Model"}},
        "RequestParameters": {"method.request.header.X-Key": True},
        "RequestValidatorId": {"Ref": "Validator"},
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": '{"statusCode": 200}'},
            "IntegrationResponses": [{"StatusCode": "200"}],
        },
    }
    schema = {"type": "object", "required": ["name"]}
    model = {"RestApiId": api_id, "ContentType": "application/json", "Name": "Pet", "Schema": schema}
    validator = {
        "RestApiId": api_id,
        "ValidateRequestBody": validates_body,
        "ValidateRequestParameters": True,
    }
    resources: dict[str, tuple[str, dict[str, Any]]] = {
        "Api": ("RestApi", {"Name": "validated"}),
        "Model": ("Model", model),
        "Validator": ("RequestValidator", validator),
        "Method": ("Method", method),
        "Deployment": ("Deployment", {"RestApiId": api_id, "StageName": STAGE}),
    }
    return {
        "Resources": {
            name: {
                "Type": f"AWS::ApiGateway::{kind}",
                "Properties": properties,
                "DependsOn": ["Method"] if name == "Deployment" else [],
            }
            for name, (kind, properties) in resources.items()
        },
        "Outputs": {"ApiId": {"Value": api_id}, "Validator": {"Value": {"Ref": "Validator"}}},
    }


def statuses(base: str) -> list[int]:
    requests_made: list[dict[str, Any]] = [
        {"json": {"name": "Rex"}, "headers": {"X-Key": "1"}},
        {"json": {}, "headers": {"X-Key": "1"}},
        {"json": {"name": "Rex"}},
    ]
    return [requests.post(base, timeout=5, **made).status_code for made in requests_made]


def test_a_stack_s_validator_refuses_what_its_flags_say(client: Callable[[str], Any], engine: Engine) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    made = deploy_stack(client, name, template(validates_body=True))
    base = url(engine, made["ApiId"])

    with_body = statuses(base)
    updated = deploy_stack(client, name, template(validates_body=False))
    without_body = statuses(base)

    assert with_body == [200, 400, 400]
    assert without_body == [200, 200, 400]
    assert updated == made


def test_the_validator_is_known_to_the_service(client: Callable[[str], Any]) -> None:
    made = deploy_stack(client, f"stack-{uuid.uuid4().hex[:8]}", template(validates_body=True))

    validators = client("apigateway").get_request_validators(restApiId=made["ApiId"])["items"]

    assert [(validator["id"], validator["validateRequestBody"]) for validator in validators] == [
        (made["Validator"], True)
    ]
