"""The contract and the code say the same: limits, fields, operations."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest
import yaml

from mobile import models
from mobile.notifications import models as told
from mobile.notifications.operations import Notifications, OwnDevices
from mobile.operations import AuthorQuery, ChangeHeaders, Content, CreateHeaders, PageQuery
from shared.tables import Table
from tests.unit.functions import FUNCTIONS
from tests.unit.templates.test_contracts import in_code, in_contract

CONTRACT: dict[str, Any] = yaml.load((FUNCTIONS / "mobile/openapi.yaml").read_text(), yaml.CSafeLoader)
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
}


def of_function(named: str) -> set[str]:
    return {
        route
        for route, operation in OPERATIONS.items()
        if named in operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    }


def of_content() -> set[str]:
    return of_function("${Content.Arn}")


def test_every_operation_of_notifications_has_a_route_and_no_route_is_left_over() -> None:
    nothing = cast(Any, None)

    assert set(Notifications(nothing, nothing, "k" * 16).routes) == of_function("-inbox:live/invocations")
    assert set(OwnDevices(nothing).routes) == of_function("-register-device:live/invocations")


@pytest.mark.parametrize(
    "model",
    [
        *(models.NewProfile, models.ProfileChange, models.NewPost, models.PostChange),
        *(told.ReadUntil, told.PreferencesChange, told.NewDevice),
    ],
    ids=lambda model: model.__name__,
)
def test_what_may_be_sent_has_the_same_limits(model: type[msgspec.Struct]) -> None:
    sent = in_code(model)
    if sent.get("required") == []:
        del sent["required"]  # a list that JSON Schema does not allow to be empty
    for field in sent["properties"].values():
        if "anyOf" in field:  # what may be left out is None in the code
            field.update(next(one for one in field.pop("anyOf") if one != {"type": "null"}))
            del field["default"]

    assert sent == in_contract("mobile", model.__name__)


@pytest.mark.parametrize(
    "model",
    [
        *(models.Profile, models.Member, models.Post, models.PostPage),
        *(told.Notification, told.NotificationPage, told.Unread, told.QuietHours, told.Preferences),
        *(told.Device, told.DeviceList),
    ],
    ids=lambda model: model.__name__,
)
def test_what_is_answered_has_the_same_fields(model: type[msgspec.Struct]) -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(model)}

    assert fields == set(SCHEMAS[model.__name__]["properties"])


def test_every_operation_of_content_has_a_route_and_no_route_is_left_over() -> None:
    content = Content(cast(Any, None), cast(Any, None), cast(Any, None), cast(Table, None), "k" * 16)

    assert set(content.routes) == of_content()


@pytest.mark.parametrize("route", sorted(of_content()))
def test_an_operation_reads_the_parameters_that_it_documents(route: str) -> None:
    given = {one["name"]: one["schema"] for one in OPERATIONS[route].get("parameters", [])}
    code: dict[str, Any] = {}
    if "limit" in given:
        code |= in_code(AuthorQuery if "visibility" in given else PageQuery)["properties"]
        del code["cursor"]
    if "If-Match" in given:
        code["If-Match"] = in_code(ChangeHeaders)["properties"]["if_match"]
    if "Idempotency-Key" in given:
        code["Idempotency-Key"] = in_code(CreateHeaders)["properties"]["idempotency_key"]

    ours = {"Authorization", "cursor", "name", "If-None-Match"} | {
        name for name in given if name.endswith("_id")
    }
    assert code == {name: schema for name, schema in given.items() if name not in ours}


def test_an_operation_asks_for_the_scope_of_what_it_does() -> None:
    for route, operation in OPERATIONS.items():
        scope = "mobile/read" if route.startswith("GET ") else "mobile/write"
        assert operation["security"] == [{"Member": [scope]}], route
