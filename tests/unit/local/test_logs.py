"""A log line is shown by what it says, without what every line says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from local import logs
from local.logs import Line

AT = datetime(2026, 11, 21, 7, 3, 18, 245000, UTC)
MILLISECONDS = int(AT.timestamp() * 1000)


@pytest.mark.parametrize(
    ("logical_id", "name"),
    [
        ("CreateOrder", "create_order"),
        ("HelloFunction", "hello"),
        ("PreTokenGeneration", "pre_token_generation"),
    ],
)
def test_a_resource_has_the_name_of_its_source(logical_id: str, name: str) -> None:
    assert logs.source_name(logical_id) == name


def test_a_structured_line_shows_level_message_and_its_own_fields() -> None:
    entry = {"level": "WARNING", "message": "slow", "cold_start": True, "order_id": "o1", "lines": [1, 2]}

    line = logs.parse("get_order", MILLISECONDS, json.dumps(entry) + "\n")

    assert line == Line(AT, "get_order", "WARNING", "slow", "order_id=o1 lines=[1,2]")


def test_a_line_of_an_access_log_shows_what_was_asked_and_answered() -> None:
    asked = {"requestId": "r", "method": "GET", "route": "/orders"}
    entry = {**asked, "status": 200, "responseLatency": 12, "errorType": "-"}

    line = logs.parse("api_access_logs", MILLISECONDS, json.dumps(entry))

    assert line == Line(AT, "api_access_logs", "", "GET /orders 200", "responseLatency=12")


def test_a_push_shows_what_the_device_would_and_where() -> None:
    entry = {"message": "5 replies", "notification": {"messageId": "m"}, "delivery": {"destination": "arn"}}

    line = logs.parse("pushes_fcm", MILLISECONDS, json.dumps({**entry, "payload": {"a": "long one"}}))

    assert line == Line(AT, "pushes_fcm", "", "5 replies", 'delivery={"destination":"arn"}')


def test_pushes_are_where_sns_writes_of_their_delivery() -> None:
    group = logs.pushes_to("arn:aws:sns:eu-west-1:000000000000:app/GCM/lens")

    assert group == "sns/eu-west-1/000000000000/app/GCM/lens"


@pytest.mark.parametrize("text", ["Task timed out", "[1, 2]", "{not json"])
def test_any_other_line_is_shown_as_it_is(text: str) -> None:
    assert logs.parse("get_order", MILLISECONDS, text + "\n") == Line(AT, "get_order", "", text, "")


@pytest.mark.parametrize(
    "text",
    [
        "START RequestId: r",
        "END RequestId: r",
        "REPORT RequestId: r",
        '{"type": "platform.report"}',
        '{"_aws": {}}',
        "\n",
    ],
)
def test_the_platforms_own_lines_and_metrics_are_not_shown(text: str) -> None:
    assert logs.parse("get_order", MILLISECONDS, text) is None
