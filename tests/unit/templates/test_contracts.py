"""What every contract promises, whatever its service: refusals, examples, what API Gateway answers itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import jsonschema  # type: ignore[import-untyped]  # it brings no types of its own
import msgspec
import pytest
import yaml

from tests.templates import ROOT

CONTRACTS: dict[str, dict[str, Any]] = {
    path.parent.name: yaml.load(path.read_text(), yaml.CSafeLoader)
    for path in sorted(ROOT.glob("functions/*/openapi.yaml"))
}
WORDS_ONLY = {"description", "example", "title"}
every_contract = pytest.mark.parametrize("service", CONTRACTS)
every_operation = pytest.mark.parametrize(
    ("service", "operation"),
    [
        pytest.param(service, operation, id=f"{service}-{operation['operationId']}")
        for service, contract in CONTRACTS.items()
        for item in contract["paths"].values()
        for operation in item.values()
    ],
)


def resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema without references, words, and Python's way to write the end of a text."""
    if isinstance(schema, list):
        return [resolved(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    plain = {name: resolved(part, definitions) for name, part in schema.items() if name not in WORDS_ONLY}
    if "pattern" in plain:
        plain["pattern"] = plain["pattern"].replace(r"\Z", "$")
    if "enum" in plain:
        plain["type"] = "string"
    return plain


def in_contract(service: str, name: str) -> Any:
    """Return a schema of a contract, to be compared."""
    schemas = CONTRACTS[service]["components"]["schemas"]
    return resolved(schemas[name], schemas)


def in_code(model: Any) -> Any:
    """Return a model's schema, to be compared."""
    schemas, definitions = msgspec.json.schema_components([model])
    return resolved(schemas[0], definitions)


def assert_fits(body: bytes, service: str, name: str) -> None:
    """Assert that a body fits a schema of a contract."""
    schemas = CONTRACTS[service]["components"]["schemas"]
    schema = {**schemas[name], "components": {"schemas": schemas}}
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(json.loads(body))


@every_operation
def test_every_refusal_is_a_problem_and_those_of_the_gateway_are_documented(
    service: str, operation: dict[str, Any]
) -> None:
    refusals = {status: answer for status, answer in operation["responses"].items() if status >= "4"}

    by_iam = operation["security"] == [{"StaffTool": []}]  # no token is asked for: 403, or no such path
    assert {"404" if by_iam else "401", "403", "429", "500", "504"} <= set(refusals), service
    for answer in refusals.values():
        assert list(answer["content"]) == ["application/problem+json"]
    assert "Retry-After" in refusals["429"]["headers"]
    if not by_iam:
        assert "WWW-Authenticate" in refusals["401"]["headers"]


@pytest.mark.parametrize(
    ("service", "name"),
    [(service, name) for service in CONTRACTS for name in CONTRACTS[service]["components"]["schemas"]],
)
def test_every_schema_has_an_example_that_fits_it(service: str, name: str) -> None:
    example = CONTRACTS[service]["components"]["schemas"][name]["example"]

    assert_fits(json.dumps(example).encode(), service, name)


@every_contract
def test_no_schema_uses_what_api_gateway_does_not_read(service: str) -> None:
    unread = {"nullable", "oneOf", "exclusiveMinimum", "exclusiveMaximum", "readOnly", "discriminator"}
    text = Path(ROOT / "functions" / service / "openapi.yaml").read_text()

    assert not [word for word in unread if f"{word}:" in text]


@every_contract
class TestGatewayResponses:
    """What API Gateway answers by itself."""

    # https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    TYPES: ClassVar = {
        "ACCESS_DENIED": 403,
        "API_CONFIGURATION_ERROR": 500,
        "AUTHORIZER_CONFIGURATION_ERROR": 500,
        "AUTHORIZER_FAILURE": 500,
        "BAD_REQUEST_BODY": 400,
        "BAD_REQUEST_PARAMETERS": 400,
        "DEFAULT_4XX": 403,
        "DEFAULT_5XX": 500,
        "EXPIRED_TOKEN": 403,
        "INTEGRATION_FAILURE": 504,
        "INTEGRATION_TIMEOUT": 504,
        "INVALID_API_KEY": 403,
        "INVALID_SIGNATURE": 403,
        "MISSING_AUTHENTICATION_TOKEN": 404,
        "QUOTA_EXCEEDED": 429,
        "REQUEST_TOO_LARGE": 413,
        "RESOURCE_NOT_FOUND": 404,
        "THROTTLED": 429,
        "UNAUTHORIZED": 401,
        "UNSUPPORTED_MEDIA_TYPE": 415,
        "WAF_FILTERED": 403,
    }

    def responses(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = CONTRACTS[service]["x-amazon-apigateway-gateway-responses"]
        return found

    def test_each_type_has_one(self, service: str) -> None:
        statuses = {name: response["statusCode"] for name, response in self.responses(service).items()}

        assert statuses == self.TYPES

    @pytest.mark.parametrize("name", sorted(TYPES))
    def test_each_is_a_problem_with_its_status(self, service: str, name: str) -> None:
        response = self.responses(service)[name]
        # API Gateway puts the message in with its quotes, and nothing else of the request.
        body = response["responseTemplates"]["application/json"].replace(
            "$context.error.messageString", '"Missing required request parameters: [Idempotency-Key]"'
        )

        assert "$" not in body
        assert_fits(body.encode(), service, "Problem")
        assert json.loads(body)["status"] == response["statusCode"]
        assert (
            response["responseParameters"]["gatewayresponse.header.Content-Type"]
            == "'application/problem+json'"
        )

    @pytest.mark.parametrize(
        ("name", "header"),
        [
            ("UNAUTHORIZED", "WWW-Authenticate"),
            ("THROTTLED", "Retry-After"),
            ("QUOTA_EXCEEDED", "Retry-After"),
        ],
    )
    def test_a_caller_is_told_what_to_do_next(self, service: str, name: str, header: str) -> None:
        assert f"gatewayresponse.header.{header}" in self.responses(service)[name]["responseParameters"]
