"""What a mapping asks for, and what Lambda refuses.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.engine.streams.filters import Filters, InvalidFilterError

DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
    "MaximumRetryAttempts": -1,
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "FunctionResponseTypes": [],
    "DestinationConfig": {"OnFailure": {}},
}
RANGES = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "TumblingWindowInSeconds": (0, 900),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
}
YOUNGEST_LIMIT = 60
STARTING_POSITIONS = {
    "kinesis": ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"),
    "dynamodb": ("TRIM_HORIZON", "LATEST"),
}
DESTINATIONS = ("sqs", "sns", "s3")


@dataclass(frozen=True)
class Settings:
    """A mapping's properties; -1 is "without limit", seconds are seconds, `window` 0 is "no window"."""

    batch_size: int = 100
    batch_window: float = 0
    factor: int = 1
    window: int = 0
    retries: int = -1
    age: int = -1
    bisect: bool = False
    report: bool = False
    destination: str = ""
    filters: Filters = field(default_factory=lambda: Filters(None, ""))

    @classmethod
    def of(cls, mapping: Mapping[str, Any], kind: str) -> Settings:
        """Read a mapping as CreateEventSourceMapping and CloudFormation leave it.

        A window's state belongs to the whole shard, so a mapping with a tumbling window has one lane a shard.
        """
        properties = {**DEFAULTS, **mapping}
        window = int(properties["TumblingWindowInSeconds"])
        failure = (properties["DestinationConfig"] or {}).get("OnFailure") or {}
        return cls(
            batch_size=int(properties["BatchSize"]),
            batch_window=float(properties["MaximumBatchingWindowInSeconds"]),
            factor=1 if window else int(properties["ParallelizationFactor"]),
            window=window,
            retries=int(properties["MaximumRetryAttempts"]),
            age=int(properties["MaximumRecordAgeInSeconds"]),
            bisect=truth(properties["BisectBatchOnFunctionError"]),
            report="ReportBatchItemFailures" in (properties["FunctionResponseTypes"] or []),
            destination=failure.get("Destination") or "",
            filters=Filters(mapping.get("FilterCriteria"), kind),
        )


def truth(value: object) -> bool:
    """Return a boolean that may have come through CloudFormation as text."""
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def problem(request: Mapping[str, Any], kind: str, *, creating: bool) -> str:
    """Return why Lambda refuses these properties of a `kind` (kinesis, dynamodb) mapping, or nothing."""
    return (
        _out_of_range(request) or (_bad_start(request, kind) if creating else "") or _bad_rest(request, kind)
    )


def _out_of_range(request: Mapping[str, Any]) -> str:
    for name, (low, high) in RANGES.items():
        if name not in request:
            continue
        try:
            value = int(request[name])
        except (TypeError, ValueError):
            return f"{name} must be a whole number."
        if not low <= value <= high:
            return f"{name} must be between {low} and {high}."
    age = int(request.get("MaximumRecordAgeInSeconds", -1))
    if -1 < age < YOUNGEST_LIMIT:
        return f"MaximumRecordAgeInSeconds must be -1 or at least {YOUNGEST_LIMIT}."
    return ""


def _bad_start(request: Mapping[str, Any], kind: str) -> str:
    start = request.get("StartingPosition")
    allowed = STARTING_POSITIONS[kind]
    if start not in allowed:
        return f"StartingPosition must be one of {', '.join(allowed)}."
    if (start == "AT_TIMESTAMP") != (request.get("StartingPositionTimestamp") is not None):
        return "StartingPositionTimestamp goes with StartingPosition AT_TIMESTAMP, and only with it."
    return ""


def _bad_rest(request: Mapping[str, Any], kind: str) -> str:
    unknown = set(request.get("FunctionResponseTypes") or []) - {"ReportBatchItemFailures"}
    if unknown:
        return "FunctionResponseTypes may hold ReportBatchItemFailures only."
    target = ((request.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if target and (not target.startswith("arn:") or target.split(":")[2] not in DESTINATIONS):
        return f"The destination ARN {target} is invalid."
    try:
        Filters(request.get("FilterCriteria"), kind)
    except InvalidFilterError as error:
        return f"Invalid filter pattern definition. {error}"
    return ""
