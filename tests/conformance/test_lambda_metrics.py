"""Every invocation of a function counts in its metrics, whoever asked for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.conformance.functions import make_function
from tests.conformance.rest_api import refusal
from tests.conformance.user_pools import UserPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

SECONDS = 60


def total(client: Callable[[str], Any], function: str, metric: str) -> float:
    """Return the sum of a function's metric of late."""
    now = datetime.now(UTC)
    points = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def test_an_invocation_by_another_service_counts(client: Callable[[str], Any], engine: Engine) -> None:
    pool = UserPool(client, engine, "def handler(event, context):\n    return event")

    pool.sign_in()

    assert total(client, pool.function, "Invocations") == 1
    assert total(client, pool.function, "Errors") == 0
    assert total(client, pool.function, "Duration") > 0


def test_an_asynchronous_invocation_counts_its_error_when_it_runs(
    client: Callable[[str], Any], stock: bool
) -> None:
    name = make_function(client, "def handler(event, context):\n    raise ValueError")
    client("lambda").put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)

    client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")

    deadline = time.monotonic() + (3 if stock else SECONDS)
    while not total(client, name, "Errors") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (total(client, name, "Invocations"), total(client, name, "Errors")) == (1, 1)


def test_a_throttled_call_is_no_invocation(client: Callable[[str], Any]) -> None:
    name = make_function(client, "def handler(event, context): pass")
    client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    refused = refusal(client("lambda").invoke, FunctionName=name)

    assert refused.startswith("TooManyRequestsException")
    assert (total(client, name, "Invocations"), total(client, name, "Throttles")) == (0, 1)
