"""`dynamodb:LeadingKeys` holds the partition keys of a request."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.users import denied, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

HASH, RANGE = "HASH", "RANGE"


@pytest.fixture
def table(client: Callable[[str], Any]) -> str:
    name = f"orders-{uuid.uuid4().hex[:8]}"
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "member", "AttributeType": "S"},
            {"AttributeName": "status", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "member", "KeyType": HASH}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-status",
                "KeySchema": [{"AttributeName": "status", "KeyType": HASH}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return name


def requests(table: str, member: str) -> dict[str, dict[str, Any]]:
    """Return one call of each kind that names this member's partition, or this status."""
    key = {"member": {"S": member}}
    queried = {
        "KeyConditionExpression": "#key = :key",
        "ExpressionAttributeValues": {":key": {"S": member}},
    }
    return {
        "get_item": {"TableName": table, "Key": key},
        "put_item": {"TableName": table, "Item": key},
        "query": {"TableName": table, **queried, "ExpressionAttributeNames": {"#key": "member"}},
        "batch_get_item": {"RequestItems": {table: {"Keys": [key]}}},
        "batch_write_item": {"RequestItems": {table: [{"PutRequest": {"Item": key}}]}},
        "transact_write_items": {"TransactItems": [{"Delete": {"TableName": table, "Key": key}}]},
    }


def user(client: Callable[[str], Any], engine: Engine, table: str) -> Any:
    """Return a DynamoDB client of a user to whom the partition `mine` is open."""
    statement = {
        "Action": "dynamodb:*",
        "Resource": [f"arn:aws:dynamodb:*:*:table/{table}", f"arn:aws:dynamodb:*:*:table/{table}/index/*"],
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}},
    }
    return make_user(client, engine, statement)("dynamodb")


def test_the_own_partition_is_open_and_every_other_is_closed_to_every_call(
    client: Callable[[str], Any], engine: Engine, table: str
) -> None:
    dynamodb = user(client, engine, table)

    mine = {call: denied(getattr(dynamodb, call), **given) for call, given in requests(table, "mine").items()}
    other = {call: denied(getattr(dynamodb, call), **given) for call, given in requests(table, "his").items()}

    assert set(mine.values()) == {False}, mine
    assert set(other.values()) == {True}, other


def test_a_query_of_an_index_is_measured_by_the_indexs_partition_key(
    client: Callable[[str], Any], engine: Engine, table: str
) -> None:
    dynamodb = user(client, engine, table)

    def query(status: str) -> dict[str, Any]:
        return {
            "TableName": table,
            "IndexName": "by-status",
            "KeyConditionExpression": "#status = :status",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":status": {"S": status}},
        }

    assert not denied(dynamodb.query, **query("mine"))
    assert denied(dynamodb.query, **query("open"))
