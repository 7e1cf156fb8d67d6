"""An item whose time is over is deleted by DynamoDB, and the stream says by whom."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.streams import Streams, make_streams

BY_DYNAMODB = {"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}}


@pytest.fixture(scope="module")
def on_engine(client: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Streams:
    folder: Path = tmp_path_factory.mktemp("expiry")
    return make_streams(client, folder, patience=60.0)


@pytest.fixture
def streams(request: pytest.FixtureRequest, on_engine: Streams) -> Streams:
    """The function on this engine; the stock one is not waited for as long."""
    stock = request.node.callspec.params["engine"] == "stock"
    return replace(on_engine, patience=1.0) if stock else on_engine


def test_what_expires_is_told_as_the_services_deed_and_what_is_deleted_is_not(streams: Streams) -> None:
    table, stream = streams.make_table()
    dynamodb = streams.client("dynamodb")
    dynamodb.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True}
    )
    now = int(time.time())
    soon, long_ago = now + 3600, now - 6 * 365 * 86400
    times = {"over": now - 60, "by-hand": soon, "later": soon, "brought-forward": soon, "long-over": long_ago}
    for key, at in times.items():
        dynamodb.put_item(TableName=table, Item={"id": {"S": key}, "expires_at": {"N": str(at)}})
    streams.map(stream, FilterCriteria={"Filters": [{"Pattern": json.dumps(BY_DYNAMODB)}]})

    dynamodb.delete_item(TableName=table, Key={"id": {"S": "by-hand"}})
    streams.wait(lambda: bool(told(streams, stream)))
    dynamodb.update_item(
        TableName=table,
        Key={"id": {"S": "brought-forward"}},
        UpdateExpression="SET expires_at = :now",
        ExpressionAttributeValues={":now": {"N": str(now)}},
    )
    streams.wait(lambda: len(told(streams, stream)) == 2)
    streams.settle()

    assert told(streams, stream) == ["over", "brought-forward"]
    left = {item["id"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}
    assert left == {"later", "long-over"}


def told(streams: Streams, stream: str) -> list[str]:
    """Return the keys of the records that the function was sent."""
    return [record["key"] for call in streams.calls(stream) for record in call["records"]]
