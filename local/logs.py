"""Follow what functions log, and what is pushed to devices."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.deploy.stack import resources

OVERLAP_MILLISECONDS = 5000
"""How far back each look goes again: lines of one moment do not all arrive at once."""
LOOK_SECONDS = 0.5


COMMON = {
    "level", "message", "timestamp", "location", "service", "function_name", "function_arn",
    "function_memory_size", "function_request_id", "cold_start", "xray_trace_id", "requestId", "traceId",
    "extendedRequestId", "requestTimeEpoch", "functionRequestId", "protocol",
    "notification", "payload", "attributes",
}  # fmt: skip
"""Fields that each line has, and that a terminal has no room for."""

ACCESS = ("method", "route", "status")
"""What stands for the message in a line of an API's access log."""


@dataclass(frozen=True)
class Line:
    """One log line: when (UTC), of which function, its level, its message, and its further fields as text."""

    time: datetime
    function: str
    level: str
    message: str
    fields: str


def groups(cloud: Cloud) -> dict[str, str]:
    """Return every log group of the stack by the function's name, such as `create_order`, or its own.

    That of what is pushed to devices is `pushes_fcm` or `pushes_apns`, by the platform.
    """
    found = {}
    others = {}
    for row in resources(cloud):
        if row.type == "AWS::Lambda::Function":
            answer = cloud.client("lambda").get_function_configuration(FunctionName=row.physical_id)
            group = answer.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{row.physical_id}"
            found[source_name(row.path[-1])] = group
        elif row.type == "AWS::Logs::LogGroup":
            others[row.physical_id] = source_name(row.path[-1])
        elif row.type == "Custom::PlatformApplication":
            found[f"pushes_{source_name(row.path[-1])}"] = pushes_to(row.physical_id)
    return found | {name: group for group, name in others.items() if group not in found.values()}


def pushes_to(application: str) -> str:
    """Return the log group that SNS writes deliveries to, by a platform application's ARN."""
    region, account, name = application.split(":")[3:]
    return f"sns/{region}/{account}/{name}"


def source_name(logical_id: str) -> str:
    """Return the name that a resource has among the sources: `create_order` for `CreateOrder`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id.removesuffix("Function")).lower()


def parse(function: str, milliseconds: int, text: str) -> Line | None:
    """Return a log event as a line; None for the platform's own notes and for metrics."""
    text = text.rstrip()
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    if re.match(r"(START|END|REPORT|INIT_START) ", text) or not text:
        return None
    try:
        entry = json.loads(text)
    except ValueError:
        return Line(at, function, "", text, "")
    if not isinstance(entry, dict):
        return Line(at, function, "", text, "")
    if "_aws" in entry or str(entry.get("type", "")).startswith("platform."):
        return None
    message = entry.pop("message", None) or " ".join(str(entry.pop(key)) for key in ACCESS if key in entry)
    return Line(
        at,
        function,
        str(entry.get("level", "")),
        message if isinstance(message, str) else json.dumps(message),
        " ".join(
            f"{key}={_value(value)}" for key, value in entry.items() if key not in COMMON and value != "-"
        ),
    )


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def follow(
    cloud: Cloud, named: Mapping[str, str], *, since: float, goes_on: Callable[[], bool]
) -> Iterator[Line]:
    """Yield the lines of some functions as they come, for as long as asked.

    Parameters
    ----------
    cloud
        Where the functions are.
    named
        Log groups by the functions' names.
    since
        From when, seconds since the epoch.
    goes_on
        Asked before each look.
    """
    start = int(since * 1000)
    latest = dict.fromkeys(named, start)
    seen: dict[str, Counter[Event]] = {name: Counter() for name in named}
    while goes_on():
        lines = []
        for name, group in named.items():
            found = Counter(_events(cloud, group, max(start, latest[name] - OVERLAP_MILLISECONDS)))
            fresh = found - seen[name]
            seen[name] = found
            latest[name] = max([latest[name], *(event.milliseconds for event in fresh)])
            lines += [parse(name, event.milliseconds, event.text) for event in fresh.elements()]
        yield from sorted((line for line in lines if line), key=lambda line: line.time)
        time.sleep(LOOK_SECONDS)


class Event(NamedTuple):
    """A log event. The engine gives it no id, so that two may be alike: they are told apart by counting."""

    stream: str
    milliseconds: int
    text: str


def _events(cloud: Cloud, group: str, start: int) -> Iterator[Event]:
    pages = (
        cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
    )
    try:
        for page in pages:
            for event in page["events"]:
                yield Event(event["logStreamName"], event["timestamp"], event["message"])
    except ClientError as error:
        # A function that has logged nothing yet may have no group.
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
