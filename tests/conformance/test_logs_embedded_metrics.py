"""Log events in the embedded metric format become metrics."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.conformance.functions import invoke, make_function

if TYPE_CHECKING:
    from collections.abc import Callable

EVENT = {
    "_aws": {
        "Timestamp": 1,
        "CloudWatchMetrics": [
            {
                "Namespace": "NAMESPACE",
                "Dimensions": [["service"]],
                "Metrics": [{"Name": "OrdersPlaced", "Unit": "Count"}],
            }
        ],
    },
    "service": "orders",
    "OrdersPlaced": [1, 2],
}


def test_a_printed_metric_can_be_read(client: Callable[[str], Any]) -> None:
    namespace = f"shop-{uuid.uuid4().hex[:8]}"
    text = json.dumps(EVENT).replace("NAMESPACE", namespace)
    name = make_function(client, f"def handler(event, context):\n    print({text!r})\n    print('not _aws')")

    invoke(client, name)

    now = datetime.now(UTC)
    points = client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="OrdersPlaced",
        Dimensions=[{"Name": "service", "Value": "orders"}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    assert [(point["Sum"], point["SampleCount"]) for point in points] == [(3, 2)]
