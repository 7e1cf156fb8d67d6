"""Every call of DynamoDB counts in its table's metrics: the capacity units it used, and the call itself.

The stock engine publishes none. Calls that a state machine makes count like all others.

After https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html:
ConsumedReadCapacityUnits and ConsumedWriteCapacityUnits by table, and SuccessfulRequestLatency, in
milliseconds, by table and operation; the number of its samples is that of the calls.
"""

from __future__ import annotations

import functools
import json
import time
from typing import TYPE_CHECKING, Any

from ministack.services import cloudwatch, dynamodb

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

NAMESPACE = "AWS/DynamoDB"
READS = {
    "GetItem": "_get_item",
    "Query": "_query",
    "Scan": "_scan",
    "BatchGetItem": "_batch_get_item",
    "TransactGetItems": "_transact_get_items",
}
WRITES = {
    "PutItem": "_put_item",
    "UpdateItem": "_update_item",
    "DeleteItem": "_delete_item",
    "BatchWriteItem": "_batch_write_item",
    "TransactWriteItems": "_transact_write_items",
}


def fill() -> None:
    """Count where every call passes."""
    for kind, operations in (("Read", READS), ("Write", WRITES)):
        for operation, name in operations.items():
            setattr(dynamodb, name, counting(getattr(dynamodb, name), operation, kind))


def counting(call: Callable[[Json], Any], operation: str, kind: str) -> Callable[[Json], Any]:
    """Return a call that asks for its capacity units, records them, and tells them only to who asked."""

    @functools.wraps(call)
    def counted(request: Json) -> Any:
        started = time.perf_counter()
        asked = request.get("ReturnConsumedCapacity", "NONE") != "NONE"
        status, headers, body = call(request if asked else {**request, "ReturnConsumedCapacity": "TOTAL"})
        if status != 200:  # noqa: PLR2004 - OK
            return status, headers, body
        answer = json.loads(body)
        used = answer.get("ConsumedCapacity") or []
        for table in used if isinstance(used, list) else [used]:
            milliseconds = (time.perf_counter() - started) * 1000
            record(operation, kind, table["TableName"], table["CapacityUnits"], milliseconds)
        if not asked and answer.pop("ConsumedCapacity", None) is not None:
            body = json.dumps(answer).encode()
        return status, headers, body

    return counted


def record(operation: str, kind: str, table: str, units: float, milliseconds: float) -> None:
    """Record one call in the metrics of a table."""
    by_table = {"TableName": table}
    cloudwatch.record_metric(NAMESPACE, f"Consumed{kind}CapacityUnits", units, "Count", by_table)
    cloudwatch.record_metric(
        NAMESPACE,
        "SuccessfulRequestLatency",
        milliseconds,
        "Milliseconds",
        {**by_table, "Operation": operation},
    )
