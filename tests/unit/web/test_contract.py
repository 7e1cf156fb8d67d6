"""The catalogue's contract and its code say the same: limits, fields, answers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shared.money import Currency
from shared.problems import FieldError, ProblemDetails
from tests.unit.templates.test_contracts import CONTRACTS, in_code
from tests.unit.templates.test_contracts import in_contract as of_service
from web.access import Conditions, Query
from web.models import NewProduct, Offer, Product, ProductPage

CONTRACT = CONTRACTS["web"]
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]
OPERATIONS = {
    operation["operationId"]: operation for item in CONTRACT["paths"].values() for operation in item.values()
}


def in_contract(name: str) -> Any:
    return of_service("web", name)


@pytest.mark.parametrize(("model", "name"), [(Offer, "Offer"), (NewProduct, "NewProduct")])
def test_what_may_be_sent_has_the_same_limits(model: type[msgspec.Struct], name: str) -> None:
    code, contract = in_code(model), in_contract(name)

    assert set(code.pop("required")) == set(contract.pop("required"))
    assert code == contract


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Product, "Product"),
        (ProductPage, "ProductPage"),
        (FieldError, "FieldError"),
        (ProblemDetails, "Problem"),
    ],
)
def test_what_is_answered_has_the_same_fields(model: type[msgspec.Struct], name: str) -> None:
    assert set(model.__struct_fields__) == set(SCHEMAS[name]["properties"])


def test_the_currencies_are_those_of_the_code() -> None:
    assert in_code(Currency) == in_contract("Currency")


def test_the_lists_parameters_have_the_same_limits() -> None:
    code = in_code(Query)["properties"]

    for parameter in OPERATIONS["listProducts"]["parameters"]:
        told = code.pop(parameter["name"])
        (limits,) = [one for one in told.pop("anyOf", [told]) if one.get("type") != "null"]
        limits.pop("default", None)
        assert limits == {key: value for key, value in parameter["schema"].items() if key != "default"}
    assert code == {}


def test_if_match_has_the_same_form() -> None:
    (limits,) = [
        one for one in in_code(Conditions)["properties"]["if_match"]["anyOf"] if one["type"] != "null"
    ]

    for name in ("replaceProduct", "removeProduct"):
        (header,) = [one for one in OPERATIONS[name]["parameters"] if one["name"] == "If-Match"]
        assert header["schema"] == limits


def test_everybody_reads_and_staff_write() -> None:
    everybody: Any = [{"Caller": [], "Plan": []}]
    staff = [{"Staff": ["catalog/write"]}]

    assert {name: operation["security"] for name, operation in OPERATIONS.items()} == {
        "listProducts": everybody,
        "getProduct": everybody,
        "createProduct": staff,
        "replaceProduct": staff,
        "removeProduct": staff,
    }


def test_all_of_it_is_one_function() -> None:
    uris = {str(operation["x-amazon-apigateway-integration"]["uri"]) for operation in OPERATIONS.values()}

    assert len(uris) == 1
    assert "${Catalog.Arn}" in uris.pop()
