"""A gateway response can say what is wrong with a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

LINE = {
    "type": "object",
    "required": ["product", "quantity"],
    "properties": {
        "product": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 9},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 99},
    },
    "additionalProperties": False,
}
ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["currency", "lines"],
    "properties": {
        "currency": {"enum": ["EUR", "USD"]},
        "lines": {"type": "array", "minItems": 1, "maxItems": 2, "items": LINE},
        "gift": {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
        "mail": {"type": "string", "format": "email"},
    },
    "additionalProperties": False,
}
PROBLEM = '{"title": $context.error.messageString, "detail": "$context.error.validationErrorString"}'


@pytest.fixture(scope="module")
def orders(client: Callable[[str], Any], engine: Engine) -> str:
    """The URL of an API whose problems quote the reason."""
    api = RestApi(client, engine)
    api.model("Order", ORDER)
    api.mock(
        "/orders",
        "POST",
        requestModels={"application/json": "Order"},
        requestParameters={"method.request.header.Idempotency-Key": True},
        requestValidatorId=api.validator(),
    )
    for kind in ("BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS"):
        api.gateway_response(kind, PROBLEM)
    api.gateway_response("MISSING_AUTHENTICATION_TOKEN", PROBLEM)
    return api.deploy()


def line(**changes: Any) -> dict[str, Any]:
    return {"product": "tea", "quantity": 1, **changes}


def order(**changes: Any) -> dict[str, Any]:
    return {"currency": "EUR", "lines": [line()], **changes}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, '[object has missing required properties (["currency","lines"])]'),
        (
            [],
            '[instance type (array) does not match any allowed primitive type (allowed: ["object"])]',
        ),
        (
            order(b=1, a=2),
            '[object instance has properties which are not allowed by the schema: ["a","b"]]',
        ),
        (
            order(currency="GBP"),
            '[instance value ("GBP") not found in enum (possible values: ["EUR","USD"])]',
        ),
        (
            order(lines=[]),
            "[array is too short: must have at least 1 elements but instance has 0 elements]",
        ),
        (
            order(lines=[line()] * 3),
            "[array is too long: must have at most 2 elements but instance has 3 elements]",
        ),
        (
            order(lines=[line(quantity=0)]),
            "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]",
        ),
        (
            order(lines=[line(quantity=100)]),
            "[numeric instance is greater than the required maximum (maximum: 99, found: 100)]",
        ),
        (
            order(lines=[line(quantity="1")]),
            '[instance type (string) does not match any allowed primitive type (allowed: ["integer"])]',
        ),
        (
            order(lines=[line(quantity=True)]),
            '[instance type (boolean) does not match any allowed primitive type (allowed: ["integer"])]',
        ),
        (
            order(lines=[line(product="T")]),
            '[string "T" is too short (length: 1, required minimum: 2), '
            'ECMA 262 regex "^[a-z]+$" does not match input string "T"]',
        ),
        (order(gift=1), "[instance failed to match exactly one schema (matched 0 out of 2)]"),
        (order(mail="nobody"), '[string "nobody" is not a valid email address]'),
        (
            order(currency="GBP", lines=[line(quantity=0)]),
            '[instance value ("GBP") not found in enum (possible values: ["EUR","USD"])]',
        ),
    ],
)
def test_the_reason_is_quoted_in_the_words_of_aws(orders: str, body: Any, reason: str) -> None:
    answer = requests.post(f"{orders}/orders", json=body, headers={"Idempotency-Key": "k"}, timeout=5)

    assert answer.status_code == 400
    assert answer.json() == {"title": "Invalid request body", "detail": reason}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000])
def test_a_body_that_is_no_json_is_told_as_such(orders: str, body: bytes) -> None:
    answer = requests.post(f"{orders}/orders", data=body, headers={"Idempotency-Key": "k"}, timeout=5)

    assert answer.status_code == 400
    assert answer.json()["detail"] == "[Unknown error parsing request body]"


@pytest.mark.parametrize("text", ['"', "\\", "\n\u2028\x00", "é漢🂡", "$context.error.message", "\ud800"])
def test_hostile_text_in_the_reason_leaves_the_answer_well_formed(orders: str, text: str) -> None:
    body = order(lines=[line(product=text * 10)])

    answer = requests.post(f"{orders}/orders", json=body, headers={"Idempotency-Key": "k"}, timeout=5)

    assert answer.status_code == 400
    assert "is too long" in answer.json()["detail"]


def test_a_missing_parameter_is_named(orders: str) -> None:
    answer = requests.post(f"{orders}/orders", json=order(), timeout=5)

    assert answer.json()["detail"] == "Missing required request parameters: [Idempotency-Key]"


def test_the_variable_is_empty_where_nothing_was_validated(orders: str) -> None:
    answer = requests.get(f"{orders}/nowhere", timeout=5)

    assert answer.json() == {"title": "Missing Authentication Token", "detail": ""}
