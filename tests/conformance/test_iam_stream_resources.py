"""IAM judges a call of DynamoDB Streams by the stream that it is about."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.conformance.users import denied, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def make_stream(client: Callable[[str], Any]) -> str:
    """Make a table with a stream, and return the stream's ARN."""
    made = client("dynamodb").create_table(
        TableName=f"table-{uuid.uuid4().hex[:8]}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    arn: str = made["TableDescription"]["LatestStreamArn"]
    return arn


def test_who_may_read_one_stream_reads_that_one_and_no_other(
    client: Callable[[str], Any], engine: Engine
) -> None:
    own, others = make_stream(client), make_stream(client)
    shard = client("dynamodbstreams").describe_stream(StreamArn=own)["StreamDescription"]["Shards"][0]
    place = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    actions = ["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"]
    streams = make_user(client, engine, {"Action": actions, "Resource": own})("dynamodbstreams")

    iterator = streams.get_shard_iterator(StreamArn=own, **place)["ShardIterator"]
    foreign = client("dynamodbstreams").get_shard_iterator(StreamArn=others, **place)["ShardIterator"]

    assert streams.describe_stream(StreamArn=own)["StreamDescription"]["StreamArn"] == own
    assert streams.get_records(ShardIterator=iterator)["Records"] == []
    assert denied(streams.get_shard_iterator, StreamArn=others, **place)
    assert denied(streams.get_records, ShardIterator=foreign)
