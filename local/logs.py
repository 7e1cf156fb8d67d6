"""Follow what functions log."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.deploy.stack import resources

OVERLAP_MILLISECONDS = 5000
"""How far back each look goes again: lines of one moment do not all arrive at once."""

COMMON = {
    "level", "message", "timestamp", "location", "service", "function_name", "function_arn",
    "function_memory_size", "function_request_id", "cold_start", "xray_trace_id", "requestId", "traceId",
}  # fmt: skip
"""Fields that each line has, and that a terminal has no room for."""


@dataclass(frozen=True)
class Line:
    """One log line: when (UTC), of which function, its level, its message, and its further fields as text."""

    time: datetime
    function: str
    level: str
    message: str
    fields: str


def groups(cloud: Cloud) -> dict[str, str]:
    """Return the log group of every function by the function's name, such as `create_order`."""
    found = {}
    for row in resources(cloud):
        if row.type == "AWS::Lambda::Function":
            answer = cloud.client("lambda").get_function_configuration(FunctionName=row.physical_id)
            group = answer.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{row.physical_id}"
            found[function_name(row.path[-1])] = group
    return found


def function_name(logical_id: str) -> str:
    """Return the name that a function has among the sources: `create_order` for `CreateOrder`."""
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
    further = {key: value for key, value in entry.items() if key not in COMMON}
    message = entry.get("message", "")
    return Line(
        at,
        function,
        str(entry.get("level", "")),
        message if isinstance(message, str) else json.dumps(message),
        " ".join(f"{key}={_value(value)}" for key, value in further.items()),
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
    latest = dict.fromkeys(named, int(since * 1000))
    seen: dict[str, set[str]] = {name: set() for name in named}
    while goes_on():
        lines = []
        for name, group in named.items():
            events = list(_events(cloud, group, latest[name] - OVERLAP_MILLISECONDS))
            fresh = [
                row for row in events if row["eventId"] not in seen[name] and row["timestamp"] >= since * 1000
            ]
            seen[name] = {row["eventId"] for row in events}
            latest[name] = max([latest[name], *(row["timestamp"] for row in fresh)])
            lines += [parse(name, row["timestamp"], row["message"]) for row in fresh]
        yield from sorted((line for line in lines if line), key=lambda line: line.time)
        time.sleep(0.5)


def _events(cloud: Cloud, group: str, start: int) -> Iterator[dict[str, Any]]:
    try:
        for page in (
            cloud.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group, startTime=start)
        ):
            yield from page["events"]
    except ClientError as error:
        # A function that has logged nothing yet may have no group.
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
