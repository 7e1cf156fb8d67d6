"""The contract and the code say the same: limits, fields, answers."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]  # it brings no types of its own
import msgspec
import pytest
import yaml

from orders import rules
from orders.approval import Answer, Approval, ApprovalPage, AwaitingOrder
from orders.models import Entry, Line, NewOrder, Order, OrderPage, Reason, Status
from orders.outbox import TYPES, VERSION, OrderEvent
from orders.partners import Partner, PartnerPage, RegisteredPartner, Registration
from shared.http import MAX_BODY
from shared.ids import uuid7
from shared.problems import BadRequest, FieldError, ProblemDetails
from tests.unit.functions import FUNCTIONS, ROOT, load
from tests.unit.templates.test_contracts import in_code, in_contract

CONTRACT: dict[str, Any] = yaml.load((FUNCTIONS / "orders/openapi.yaml").read_text(), yaml.CSafeLoader)
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]
OPERATIONS = {
    operation["operationId"]: operation for item in CONTRACT["paths"].values() for operation in item.values()
}
every_operation = pytest.mark.parametrize("name", OPERATIONS)


def parameter(path: str, method: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in CONTRACT["paths"][path][method]["parameters"] if one["name"] == name)
    schema: dict[str, Any] = found["schema"]
    return schema


def an_order(lines: int = 1) -> Order:
    new_order = NewOrder("EUR", [Line("teapot", 99, 1_000_000_000)] * lines, "tok_ok", "ship_ok")
    return rules.place(new_order, uuid7(), "2026-11-21T09:30:00.000Z")


def assert_fits(body: bytes, name: str) -> None:
    schema = {**SCHEMAS[name], "components": {"schemas": SCHEMAS}}
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(json.loads(body))


@pytest.mark.parametrize(
    ("model", "name"),
    [(NewOrder, "NewOrder"), (Line, "Line"), (Registration, "Registration"), (Answer, "Answer")],
)
def test_what_may_be_sent_has_the_same_limits(model: type[msgspec.Struct], name: str) -> None:
    assert in_code(model) == in_contract("orders", name)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Entry, "Entry"),
        (Order, "Order"),
        (Approval, "Approval"),
        (OrderPage, "OrderPage"),
        (FieldError, "FieldError"),
        (ProblemDetails, "Problem"),
        (Partner, "Partner"),
        (AwaitingOrder, "AwaitingOrder"),
        (ApprovalPage, "ApprovalPage"),
        (RegisteredPartner, "RegisteredPartner"),
        (PartnerPage, "PartnerPage"),
    ],
)
def test_what_is_answered_has_the_same_fields(model: type[msgspec.Struct], name: str) -> None:
    assert set(model.__struct_fields__) == set(SCHEMAS[name]["properties"])


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (an_order(1), "Order"),
        (an_order(50), "Order"),
        (OrderPage([]), "OrderPage"),
        (OrderPage([an_order()] * 100, "x"), "OrderPage"),
        (BadRequest("It does not fit.").details(), "Problem"),
        (BadRequest("It does not fit.", [FieldError("/lines", "is empty")]).details(), "Problem"),
    ],
)
def test_what_is_answered_fits_the_contract(body: msgspec.Struct, name: str) -> None:
    assert_fits(msgspec.json.encode(body), name)


def test_the_greatest_total_of_the_contract_is_that_of_the_greatest_order() -> None:
    assert SCHEMAS["Order"]["properties"]["total"]["maximum"] == an_order(50).total


def test_the_idempotency_key_has_the_same_form(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("orders", "create_order", monkeypatch, {"ORDERS_TABLE": "a", "IDEMPOTENCY_TABLE": "b"})

    (in_headers,) = in_code(module.Headers)["properties"].values()

    assert in_headers == parameter("/orders", "post", "Idempotency-Key")


@pytest.mark.parametrize(
    ("function", "path"),
    [
        ("list_orders", "/orders"),
        ("list_approvals", "/staff/approvals"),
        ("list_partners", "/staff/partners"),
    ],
)
def test_the_lists_parameters_have_the_same_limits(
    monkeypatch: pytest.MonkeyPatch, function: str, path: str
) -> None:
    settings = {"ORDERS_TABLE": "a", "PARTNERS_TABLE": "b", "CURSOR_KEY": "c" * 16}
    module = load("orders", function, monkeypatch, settings)

    query = in_code(module.Query)

    assert query["properties"]["limit"] == parameter(path, "get", "limit")
    assert set(query["properties"]) == {
        parameter["name"] for parameter in CONTRACT["paths"][path]["get"]["parameters"]
    }


def test_the_events_are_documented_field_by_field_with_every_value() -> None:
    page = (ROOT / "docs/services/order-events.md").read_text()
    fields = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|$", page, re.MULTILINE))
    kinds = set(re.findall(r"^\| (Order\w+) \|", page, re.MULTILINE))
    values = {value for of in (Status, Reason) for value in get_args(of)}

    assert list(fields) == list(OrderEvent.__struct_fields__)
    assert f"## The detail, version {VERSION}" in page
    assert values <= {value.strip() for told in fields.values() for value in re.split(r"[:,]", told)}
    assert kinds == {*TYPES.values(), "OrderApprovalReminder"}


def test_the_greatest_body_fits_the_limit_many_times_over() -> None:
    greatest = NewOrder("EUR", [Line("x" * 64, 99, 1_000_000_000)] * 50, "t" * 64, "s" * 64)

    assert len(msgspec.json.encode(greatest)) * 8 < MAX_BODY
    assert f"{MAX_BODY // 1024} KiB" in CONTRACT["paths"]["/orders"]["post"]["requestBody"]["description"]


@every_operation
def test_an_operation_is_a_function_of_its_own(name: str) -> None:
    integration = OPERATIONS[name]["x-amazon-apigateway-integration"]

    # Staff's tools have a door of their own to the same function.
    name = name.removesuffix("AsTool")
    by_name = re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name)
    uri = integration["uri"]["Fn::Sub"]
    functions = (f"${{{name[0].upper()}{name[1:]}.Arn}}", f":function:${{Application}}-{by_name}")
    assert uri.endswith(tuple(f"{function}:live/invocations" for function in functions))
    assert integration["type"] == "aws_proxy"


def test_an_operation_asks_for_its_kind_of_credentials() -> None:
    assert {name: operation["security"] for name, operation in OPERATIONS.items()} == {
        "approveOrder": [{"Member": ["orders/write"]}],
        "approveOrderAsTool": [{"StaffTool": []}],
        "cancelOrder": [{"Member": ["orders/write"]}],
        "createOrder": [{"Member": ["orders/write"]}],
        "getOrder": [{"Member": ["orders/read"]}],
        "listApprovals": [{"Member": ["orders/read"]}],
        "listOrders": [{"Member": ["orders/read"]}],
        "listPartners": [{"Member": ["orders/read"]}],
        "registerPartner": [{"Member": ["orders/write"]}],
        "createPartnerOrder": [{"Partner": [], "Plan": []}],
        "getPartnerOrder": [{"Partner": [], "Plan": []}],
        "revokePartner": [{"Member": ["orders/write"]}],
        "revokePartnerAsTool": [{"StaffTool": []}],
    }
