"""Every call of DynamoDB counts in its table's metrics: the capacity units it used, and the call itself."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ITEM = {"id": {"S": "1"}, "text": {"S": "x" * 1500}}
KEY = {"id": {"S": "1"}}


@pytest.fixture
def table(client: Callable[[str], Any]) -> str:
    name = f"table-{uuid.uuid4().hex[:8]}"
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return name


def told(client: Callable[[str], Any], metric: str, statistic: str, **dimensions: str) -> float:
    """Return a metric of late."""
    now = datetime.now(UTC)
    points = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/DynamoDB",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=[statistic],
    )["Datapoints"]
    return float(sum(point[statistic] for point in points))


def test_the_units_of_a_table_are_told(client: Callable[[str], Any], table: str) -> None:
    dynamodb = client("dynamodb")

    dynamodb.put_item(TableName=table, Item=ITEM)
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": ITEM}}])
    dynamodb.get_item(TableName=table, Key=KEY, ConsistentRead=True)

    assert told(client, "ConsumedWriteCapacityUnits", "Sum", TableName=table) == 2 + 4
    assert told(client, "ConsumedReadCapacityUnits", "Sum", TableName=table) == 1


def test_the_calls_of_an_operation_are_told(client: Callable[[str], Any], table: str) -> None:
    for _ in range(3):
        client("dynamodb").put_item(TableName=table, Item=ITEM)

    calls = told(client, "SuccessfulRequestLatency", "SampleCount", TableName=table, Operation="PutItem")
    assert calls == 3


def test_who_did_not_ask_for_the_units_is_not_told(client: Callable[[str], Any], table: str) -> None:
    silent = client("dynamodb").put_item(TableName=table, Item=ITEM)
    asked = client("dynamodb").put_item(TableName=table, Item=ITEM, ReturnConsumedCapacity="TOTAL")

    assert "ConsumedCapacity" not in silent
    assert asked["ConsumedCapacity"]["CapacityUnits"] == 2
    assert told(client, "ConsumedWriteCapacityUnits", "Sum", TableName=table) == 4
