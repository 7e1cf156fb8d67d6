"""An OpenAPI definition becomes a REST API whole."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conformance.rest_api import STAGE, deploy_stack, refusal, url

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def answering(body: str) -> dict[str, Any]:
    """Return an integration that answers 200 with this body by itself."""
    return {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": body}}},
    }


DEFINITION: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "pets", "version": "7"},
    "x-amazon-apigateway-request-validators": {
        "all": {"validateRequestBody": True, "validateRequestParameters": True},
        "none": {"validateRequestBody": False, "validateRequestParameters": False},
    },
    "x-amazon-apigateway-request-validator": "all",
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "x-amazon-apigateway-gateway-responses": {
        "DEFAULT_4XX": {
            "responseParameters": {"gatewayresponse.header.content-type": "'application/problem+json'"},
            "responseTemplates": {"application/json": '{"title": $context.error.messageString}'},
        },
        "MISSING_AUTHENTICATION_TOKEN": {
            "statusCode": 404,
            "responseTemplates": {"application/json": '{"title": "Not Found"}'},
        },
    },
    "paths": {
        "/pets": {
            "parameters": [{"$ref": "#/components/parameters/Trace"}],
            "get": {
                "operationId": "listPets",
                "parameters": [
                    {"name": "kind", "in": "query", "required": True, "schema": {"type": "string"}},
                    {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {"description": "", "headers": {"X-Total": {"schema": {"type": "integer"}}}}
                },
                "x-amazon-apigateway-integration": answering("[]"),
            },
            "post": {
                "requestBody": {"$ref": "#/components/requestBodies/Pet"},
                "responses": {"201": {"description": ""}},
                "x-amazon-apigateway-integration": answering('{"made": true}'),
            },
            "put": {
                "x-amazon-apigateway-request-validator": "none",
                "requestBody": {"$ref": "#/components/requestBodies/Pet"},
                "responses": {"200": {"description": ""}},
                "x-amazon-apigateway-integration": answering('{"put": true}'),
            },
            "options": {
                "responses": {"200": {"description": ""}},
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": '{"statusCode": 204}'},
                    "responses": {
                        "default": {
                            "statusCode": 204,
                            "responseParameters": {
                                "method.response.header.Access-Control-Allow-Origin": "'https://app.example'"
                            },
                        }
                    },
                },
            },
        },
        "/anything": {
            "x-amazon-apigateway-any-method": {
                "responses": {"200": {"description": ""}},
                "x-amazon-apigateway-integration": answering('{"any": true}'),
            }
        },
    },
    "components": {
        "parameters": {"Trace": {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}},
        "requestBodies": {
            "Pet": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
        },
        "schemas": {
            "Pet": {
                "type": "object",
                "required": ["name", "owner"],
                "properties": {
                    "name": {"type": "string", "maxLength": 5},
                    "owner": {"$ref": "#/components/schemas/Owner"},
                    "toys": {"type": "array", "minItems": 1},
                },
                "additionalProperties": False,
            },
            "Owner": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        },
    },
}


def imported(client: Callable[[str], Any], definition: dict[str, Any]) -> str:
    gateway = client("apigateway")
    api_id: str = gateway.import_rest_api(body=json.dumps(definition).encode())["id"]
    gateway.create_deployment(restApiId=api_id, stageName=STAGE)
    return api_id


def from_cloudformation(client: Callable[[str], Any], definition: dict[str, Any]) -> str:
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": definition}}
    deployment = {"RestApiId": {"Ref": "Api"}, "StageName": STAGE}
    template = {
        "Resources": {
            "Api": api,
            "Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": deployment},
        },
        "Outputs": {"ApiId": {"Value": {"Ref": "Api"}}},
    }
    return deploy_stack(client, f"stack-{uuid.uuid4().hex[:8]}", template)["ApiId"]


@pytest.fixture(scope="module", params=[imported, from_cloudformation])
def pets(request: pytest.FixtureRequest, client: Callable[[str], Any], engine: Engine) -> str:
    """The URL of the pets API, made both ways."""
    return url(engine, request.param(client, DEFINITION))


def test_a_body_that_its_model_forbids_is_refused(pets: str) -> None:
    missing = requests.post(f"{pets}/pets", json={"name": "Rex"}, timeout=5)
    unknown = requests.post(f"{pets}/pets", json={"name": "Rex", "owner": {"id": 1}, "x": 1}, timeout=5)
    nested = requests.post(f"{pets}/pets", json={"name": "Rex", "owner": {"id": "one"}}, timeout=5)

    assert [missing.status_code, unknown.status_code, nested.status_code] == [400, 400, 400]
    assert nested.json() == {"title": "Invalid request body"}


def test_a_body_that_its_model_allows_is_answered_by_the_response_template(pets: str) -> None:
    answer = requests.post(f"{pets}/pets", json={"name": "Rex", "owner": {"id": 1}}, timeout=5)

    assert (answer.status_code, answer.json()) == (200, {"made": True})


def test_the_number_of_items_is_left_to_the_function_as_aws_leaves_it(pets: str) -> None:
    answer = requests.post(f"{pets}/pets", json={"name": "Rex", "owner": {"id": 1}, "toys": []}, timeout=5)

    assert (answer.status_code, answer.json()) == (200, {"made": True})


def test_an_operation_may_choose_another_validator(pets: str) -> None:
    answer = requests.put(f"{pets}/pets", json={}, timeout=5)

    assert (answer.status_code, answer.json()) == (200, {"put": True})


def test_required_query_and_header_parameters_are_named_when_missing(pets: str) -> None:
    answer = requests.get(f"{pets}/pets", timeout=5)

    assert answer.status_code == 400
    assert answer.json() == {"title": "Missing required request parameters: [kind, X-Tenant]"}


def test_gateway_responses_override_status_body_and_content_type(pets: str) -> None:
    answer = requests.get(f"{pets}/nowhere", timeout=5)

    assert (answer.status_code, answer.json()) == (404, {"title": "Not Found"})


def test_the_cors_preflight_is_answered_without_a_function(pets: str) -> None:
    answer = requests.options(f"{pets}/pets", timeout=5)

    assert answer.status_code == 204
    assert answer.headers.get("Access-Control-Allow-Origin") == "https://app.example"


def test_the_preflight_that_sam_writes_for_cors_is_answered(
    client: Callable[[str], Any], engine: Engine
) -> None:
    cors = {"AllowOrigin": "'https://app.example'", "AllowMethods": "'GET'", "AllowHeaders": "'X-Key'"}
    api = {"StageName": STAGE, "DefinitionBody": DEFINITION, "Cors": cors}
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Api": {"Type": "AWS::Serverless::Api", "Properties": api}},
        "Outputs": {"ApiId": {"Value": {"Ref": "Api"}}},
    }
    api_id = deploy_stack(client, f"stack-{uuid.uuid4().hex[:8]}", template)["ApiId"]

    answer = requests.options(f"{url(engine, api_id)}/anything", timeout=5)

    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") == "https://app.example"
    assert answer.headers.get("Access-Control-Allow-Headers") == "X-Key"


def test_the_any_method_answers_every_method(pets: str) -> None:
    answers = [
        requests.request(method, f"{pets}/anything", timeout=5) for method in ("GET", "DELETE", "PATCH")
    ]

    assert [answer.json() for answer in answers] == [{"any": True}] * 3


def test_the_control_plane_describes_what_was_imported(client: Callable[[str], Any]) -> None:
    gateway = client("apigateway")
    api_id = imported(client, DEFINITION)

    api = gateway.get_rest_api(restApiId=api_id)
    resources = {item["path"]: item["id"] for item in gateway.get_resources(restApiId=api_id)["items"]}
    assert set(resources) == {"/", "/pets", "/anything"}
    method = gateway.get_method(restApiId=api_id, resourceId=resources["/pets"], httpMethod="GET")

    assert (api["name"], api["version"], api["binaryMediaTypes"]) == ("pets", "7", ["image/png"])
    assert {model["name"] for model in gateway.get_models(restApiId=api_id)["items"]} == {"Pet", "Owner"}
    assert method["requestParameters"] == {
        "method.request.header.X-Trace": False,
        "method.request.querystring.kind": True,
        "method.request.header.X-Tenant": True,
    }
    assert method["methodResponses"]["200"]["responseParameters"] == {"method.response.header.X-Total": False}


def test_swagger_2_is_imported_too(client: Callable[[str], Any], engine: Engine) -> None:
    definition = {
        "swagger": "2.0",
        "info": {"title": "two"},
        "x-amazon-apigateway-request-validators": {"body": {"validateRequestBody": True}},
        "paths": {
            "/pets": {
                "post": {
                    "x-amazon-apigateway-request-validator": "body",
                    "parameters": [{"name": "pet", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}],
                    "responses": {"200": {"description": ""}},
                    "x-amazon-apigateway-integration": answering("{}"),
                }
            }
        },
        "definitions": {"Pet": {"type": "object", "required": ["name"]}},
    }

    answer = requests.post(f"{url(engine, imported(client, definition))}/pets", json={}, timeout=5)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"openapi": "4.2"}, "neither `openapi: 3.0.x` nor"),
        ({"x-amazon-apigateway-request-validator": "other"}, "request validator other is not defined"),
        ({"components": {"schemas": {"not-allowed": {}}}, "paths": {}}, "must be alphanumeric: not-allowed"),
        ({"paths": {"/": {"get": {"requestBody": {"$ref": "#/gone"}}}}}, "unresolved reference #/gone"),
    ],
)
def test_a_definition_that_cannot_be_read_is_refused_and_leaves_no_api(
    client: Callable[[str], Any], change: dict[str, Any], problem: str
) -> None:
    gateway = client("apigateway")
    before = len(gateway.get_rest_apis(limit=500)["items"])

    refused = refusal(gateway.import_rest_api, body=json.dumps(DEFINITION | change).encode())
    after = len(gateway.get_rest_apis(limit=500)["items"])

    assert refused.startswith("BadRequestException: ")
    assert problem in refused
    assert after == before


def test_a_missing_model_is_a_warning_unless_warnings_fail(client: Callable[[str], Any]) -> None:
    gateway = client("apigateway")
    definition = json.dumps(DEFINITION | {"components": DEFINITION["components"] | {"schemas": {}}}).encode()

    allowed = gateway.import_rest_api(body=definition).get("warnings", [])
    refused = refusal(gateway.import_rest_api, body=definition, failOnWarnings=True)

    assert "Unable to find model Pet" in " ".join(allowed)
    assert "Unable to find model Pet" in refused
