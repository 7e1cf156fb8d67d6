"""An environment writes one log stream, which it knows by name; a thing that is logged is one event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.functions import invoke, make_function, printed

if TYPE_CHECKING:
    from collections.abc import Callable

STREAM = """
def handler(event, context):
    print("here")
    return context.log_group_name, context.log_stream_name
"""
FAILING = """
import logging
def handler(event, context):
    logging.warning("nearly")
    raise ValueError("not today")
"""


def decoded(client: Callable[[str], Any], name: str) -> list[Any]:
    """Return the lines that a function's log group has, each of which is JSON."""
    lines = printed(client, f"/aws/lambda/{name}")
    assert all(line.startswith("{") for line in lines), lines
    return [json.loads(line) for line in lines]


def test_the_events_of_an_environment_are_in_the_stream_that_the_function_is_told(
    client: Callable[[str], Any],
) -> None:
    name = make_function(client, STREAM)

    told = [invoke(client, name).payload for _ in range(2)]

    group, stream = told[0]
    assert told[0] == told[1]
    assert group == f"/aws/lambda/{name}"
    streams = client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    assert [each["logStreamName"] for each in streams] == [stream]
    assert [line for line in printed(client, group) if line == "here"] == ["here", "here"]


def test_an_error_and_its_stack_trace_are_one_event(client: Callable[[str], Any]) -> None:
    name = make_function(client, FAILING)

    invoke(client, name)

    lines = printed(client, f"/aws/lambda/{name}")
    assert [line.split()[0] for line in lines] == ["START", "[WARNING]", "[ERROR]", "END", "REPORT"]
    assert lines[2].startswith("[ERROR] ValueError: not today\nTraceback (most recent call last):\n")
    assert 'raise ValueError("not today")' in lines[2]


def test_json_logs_are_json_alone(client: Callable[[str], Any]) -> None:
    name = make_function(client, FAILING, LoggingConfig={"LogFormat": "JSON"})

    invoke(client, name)

    start, warning, error, done, report = decoded(client, name)
    events = ["platform.start", "platform.runtimeDone", "platform.report"]
    assert [start["type"], done["type"], report["type"]] == events
    assert report["record"]["status"] == "error"
    assert report["record"]["metrics"]["memorySizeMB"] == 128
    assert (warning["level"], warning["message"]) == ("WARNING", "nearly")
    assert (error["level"], error["errorType"]) == ("ERROR", "ValueError")


def test_levels_choose_what_is_logged(client: Callable[[str], Any]) -> None:
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR", "SystemLogLevel": "WARN"}
    name = make_function(client, FAILING, LoggingConfig=logging)

    invoke(client, name)

    error, *events = decoded(client, name)
    assert error["errorMessage"] == "not today"
    assert [event["type"] for event in events] == ["platform.runtimeDone", "platform.report"]


@pytest.mark.parametrize(
    ("level", "kinds"),
    [("DEBUG", ["start", "runtimeDone", "report"]), ("INFO", ["start", "report"]), ("WARN", [])],
)
def test_of_an_event_that_succeeds_the_platform_tells_by_its_level(
    client: Callable[[str], Any], level: str, kinds: list[str]
) -> None:
    logging = {"LogFormat": "JSON", "SystemLogLevel": level}
    name = make_function(client, "def handler(event, context):\n    print('{}')", LoggingConfig=logging)

    invoke(client, name)

    events = [line["type"] for line in decoded(client, name) if line]
    assert events == [f"platform.{kind}" for kind in kinds]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("import time\ndef handler(event, context):\n    time.sleep(9)", "timeout", "Sandbox.Timedout"),
        ("import os\ndef handler(event, context):\n    os._exit(3)", "error", "Runtime.ExitError"),
    ],
    ids=["a timeout", "an exit"],
)
def test_a_failure_that_only_lambda_sees_is_in_its_report_and_is_json_too(
    client: Callable[[str], Any], code: str, status: str, kind: str
) -> None:
    logging = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    name = make_function(client, code, Timeout=1, LoggingConfig=logging)

    invoke(client, name)

    done, report = decoded(client, name)
    assert (done["type"], report["type"]) == ("platform.runtimeDone", "platform.report")
    assert (report["record"]["status"], report["record"]["errorType"]) == (status, kind)
