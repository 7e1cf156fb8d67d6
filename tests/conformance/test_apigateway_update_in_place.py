"""A changed definition keeps the REST API's id and URL."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import requests

from tests.conformance.rest_api import STAGE, RestApi, deploy_stack, refusal, url

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

AUTHORIZER = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {
        "type": "token",
        "authorizerUri": "arn:aws:lambda:eu-west-1:0:function:f",
    },
}


def definition(path: str, *, title: str = "shop", model: str = "Order") -> dict[str, Any]:
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200"}},
    }
    operation = {"responses": {"200": {"description": ""}}, "x-amazon-apigateway-integration": integration}
    schemas = {model: {"$ref": f"#/components/schemas/{model}Line"}, f"{model}Line": {"type": "object"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": title},
        "paths": {"/same": {"get": operation}, path: {"get": operation}},
        "components": {"securitySchemes": {"Members": AUTHORIZER}, "schemas": schemas},
    }


def template(path: str) -> dict[str, Any]:
    api_id = {"Ref": "Api"}
    usage = {"ApiId": api_id, "Stage": {"Ref": "Stage"}}
    resources = {
        "Api": ("RestApi", {"Body": definition(path)}),
        "Deployment": ("Deployment", {"RestApiId": api_id}),
        "Stage": ("Stage", {"RestApiId": api_id, "DeploymentId": {"Ref": "Deployment"}, "StageName": STAGE}),
        "Plan": ("UsagePlan", {"ApiStages": [usage]}),
    }
    return {
        "Resources": {
            name: {"Type": f"AWS::ApiGateway::{kind}", "Properties": properties}
            for name, (kind, properties) in resources.items()
        },
        "Outputs": {"ApiId": {"Value": api_id}, "Plan": {"Value": {"Ref": "Plan"}}},
    }


def statuses(engine: Engine, api_id: str, *paths: str) -> list[int]:
    return [requests.get(f"{url(engine, api_id)}{path}", timeout=5).status_code for path in paths]


def authorizer_id(gateway: Any, api_id: str) -> str:
    items = gateway.get_authorizers(restApiId=api_id)["items"]
    assert [item["name"] for item in items] == ["Members"]
    return str(items[0]["id"])


def test_a_stack_update_keeps_the_api_its_stage_and_its_authorizers(
    client: Callable[[str], Any], engine: Engine
) -> None:
    gateway, name = client("apigateway"), f"stack-{uuid.uuid4().hex[:8]}"
    before = deploy_stack(client, name, template("/before"))
    authorizer = authorizer_id(gateway, before["ApiId"])

    after = deploy_stack(client, name, template("/after"))

    assert after == before
    assert statuses(engine, after["ApiId"], "/before", "/after") == [403, 200]
    assert authorizer_id(gateway, after["ApiId"]) == authorizer
    places = gateway.get_usage_plan(usagePlanId=after["Plan"])["apiStages"]
    assert [(place["apiId"], place["stage"]) for place in places] == [(after["ApiId"], STAGE)]


def test_overwriting_replaces_the_definition(client: Callable[[str], Any], engine: Engine) -> None:
    api = RestApi(client, engine)
    api.mock("/handmade", "GET")
    api.deploy()

    written = json.dumps(definition("/put", title="renamed")).encode()
    refused = refusal(api.gateway.put_rest_api, restApiId=api.id, mode="overwrite", body=written)

    assert refused == "not refused"
    assert statuses(engine, api.id, "/handmade", "/put") == [403, 200]
    assert api.gateway.get_rest_api(restApiId=api.id)["name"] == "renamed"


def test_merging_keeps_what_the_definition_does_not_mention(
    client: Callable[[str], Any], engine: Engine
) -> None:
    api = RestApi(client, engine)
    api.mock("/same", "POST")
    api.deploy()

    written = json.dumps(definition("/put")).encode()
    refused = refusal(api.gateway.put_rest_api, restApiId=api.id, mode="merge", body=written)

    assert refused == "not refused"
    assert statuses(engine, api.id, "/same", "/put") == [200, 200]
    assert requests.post(f"{url(engine, api.id)}/same", timeout=5).status_code == 200


def test_models_refer_to_the_api_that_stays(client: Callable[[str], Any], engine: Engine) -> None:
    api = RestApi(client, engine)

    written = json.dumps(definition("/put", model="Basket")).encode()
    refused = refusal(api.gateway.put_rest_api, restApiId=api.id, mode="overwrite", body=written)

    assert refused == "not refused"
    basket = api.gateway.get_model(restApiId=api.id, modelName="Basket")
    assert f"/restapis/{api.id}/models/BasketLine" in basket["schema"]


def test_a_definition_that_cannot_be_read_changes_nothing(
    client: Callable[[str], Any], engine: Engine
) -> None:
    api = RestApi(client, engine)
    api.mock("/handmade", "GET")
    api.deploy()
    apis = len(api.gateway.get_rest_apis(limit=500)["items"])

    broken = json.dumps(definition("/put", model="not-allowed")).encode()
    refused = refusal(api.gateway.put_rest_api, restApiId=api.id, mode="overwrite", body=broken)

    assert refused.startswith("BadRequestException")
    assert statuses(engine, api.id, "/handmade", "/put") == [200, 403]
    assert len(api.gateway.get_rest_apis(limit=500)["items"]) == apis
