"""Every invocation of a function counts in its metrics, whoever asked for it.

The stock engine counts direct calls of Invoke alone, an asynchronous one when it is accepted and not when it
runs, and a throttled one as an invocation.

After https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html: "Lambda doesn't record
invocations if the invocation request is throttled". Each is recorded for the function and for all functions
together.
"""

from __future__ import annotations

import functools
import time
from typing import Any

from ministack.services import cloudwatch
from ministack.services import lambda_svc as service

Json = dict[str, Any]

NAMESPACE = "AWS/Lambda"


def record(function: str, **values: float) -> None:
    """Record metrics of a function.

    Parameters
    ----------
    function
        Its name.
    values
        Counts by metric, and Duration in milliseconds.
    """
    for dimensions in ({"FunctionName": function}, {}):
        for metric, value in values.items():
            unit = "Milliseconds" if metric == "Duration" else "Count"
            cloudwatch.record_metric(NAMESPACE, metric, value, unit, dimensions)


def fill() -> None:
    """Count where every invocation passes, and no longer where the engine does."""
    dispatch, acquire = service._execute_function_dispatch, service._acquire_execution_slot

    def dispatch_and_count(func: Json, config: Json, event: Any, request_id: str, started: float) -> Json:
        result: Json = dispatch(func, config, event, request_id, started)
        record(
            config["FunctionName"],
            Invocations=1,
            Errors=1 if result.get("error") else 0,
            Throttles=0,
            Duration=(time.time() - started) * 1000,
        )
        return result

    def acquire_or_count(func: Json, config: Json) -> tuple[str | None, str | None]:
        slot, limit = acquire(func, config)
        if slot is None:
            record(config["FunctionName"], Throttles=1)
        return slot, limit

    @functools.wraps(service._emit_lambda_metrics)
    def nothing(*_: Any, **__: Any) -> None:
        """Leave the counting to the others."""

    service._execute_function_dispatch = dispatch_and_count
    service._acquire_execution_slot = acquire_or_count
    service._emit_lambda_metrics = nothing
