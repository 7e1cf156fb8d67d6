"""What API Gateway may keep of the mobile API: by whom and what it was asked, and only what may be late."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates import ROOT, Template, contract, operations

TEMPLATE = Template(ROOT / "functions/mobile/template.yaml")
PLACES = {"header": "header", "path": "path", "query": "querystring"}
CACHED = {"getMember", "listMemberPosts", "listPosts", "listReplies", "search"}


def keys(operation: dict[str, Any]) -> list[str]:
    """Return what an operation's answers are kept by."""
    found: list[str] = operation["x-amazon-apigateway-integration"].get("cacheKeyParameters", [])
    return found


def kept() -> dict[str, dict[str, Any]]:
    """Return the stage's settings of those methods that are cached, by their path."""
    settings = TEMPLATE.properties("Api")["MethodSettings"]
    cached = [each["Fn::If"][1] for each in settings if "Fn::If" in each]
    return {each["ResourcePath"].replace("~1", "/").removeprefix("/"): each for each in cached}


def test_the_operations_with_keys_are_those_that_may_be_late() -> None:
    assert {name for name, operation in operations("mobile").items() if keys(operation)} == CACHED


@pytest.mark.parametrize("name", sorted(CACHED))
def test_an_answer_is_kept_by_the_caller_and_by_every_parameter(name: str) -> None:
    operation = operations("mobile")[name]
    parameters = [f"method.request.{PLACES[each['in']]}.{each['name']}" for each in operation["parameters"]]

    assert sorted(keys(operation)) == sorted(parameters)
    assert "method.request.header.Authorization" in parameters


def test_the_stage_keeps_those_and_no_other_encrypted_and_throttled_as_all() -> None:
    by_path = {
        path: methods["get"]["operationId"]
        for path, methods in contract("mobile")["paths"].items()
        if "get" in methods
    }

    assert {by_path[path] for path in kept()} == CACHED
    for setting in kept().values():
        assert setting == {
            "HttpMethod": "GET",
            "ResourcePath": setting["ResourcePath"],
            "CachingEnabled": True,
            "CacheDataEncrypted": True,
            "CacheTtlInSeconds": {"Ref": "CacheSeconds"},
            "ThrottlingRateLimit": {"Ref": "ApiRateLimit"},
            "ThrottlingBurstLimit": {"Ref": "ApiBurstLimit"},
        }
