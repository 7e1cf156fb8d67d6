"""Log events in the embedded metric format become metrics.

The stock engine keeps them as text.

After https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.services import cloudwatch
from ministack.services import cloudwatch_logs as logs

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
Metric = tuple[str, str, float, str, dict[str, str]]


def metrics(message: str) -> list[Metric]:
    """Return the metrics that a log event holds: namespace, name, value, unit and dimensions of each value.

    Parameters
    ----------
    message
        Any log event. One that is not of the format, or breaks it, holds none.
    """
    if '"_aws"' not in message:
        return []
    try:
        return list(_metrics(json.loads(message)))
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _metrics(event: Json) -> Iterator[Metric]:
    for directive in event["_aws"]["CloudWatchMetrics"]:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(event[name]) for name in names}
            for metric in directive["Metrics"]:
                values, unit = event[metric["Name"]], metric.get("Unit", "None")
                for value in values if isinstance(values, list) else [values]:
                    yield directive["Namespace"], metric["Name"], float(value), unit, dimensions


def fill() -> None:
    """Look into every event that is stored."""
    append = logs._append_log_events

    def append_and_record(stream: Json, events: list[Json]) -> None:
        append(stream, events)
        for event in events:
            for metric in metrics(event.get("message", "")):
                cloudwatch.record_metric(*metric)

    logs._append_log_events = append_and_record
