"""`dynamodb:LeadingKeys` holds the partition keys that a request reads or writes.

The stock engine does not set it, so that a policy which grants a caller their own partition with
`ForAllValues:StringEquals` grants every partition.

After https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions
from ministack.services import dynamodb

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

KEY = "dynamodb:LeadingKeys"
EQUALS = re.compile(r"([#\w.-]+)\s*=\s*(:\w+)")


def leading_keys(request: Json) -> list[str]:
    """Return the partition keys' values that the request names, as texts.

    Parameters
    ----------
    request
        The body of a DynamoDB call.
    """
    return [next(iter(value.values())) for value in _values(request)]


def _values(request: Json) -> Iterator[Json]:
    table = request.get("TableName", "")
    yield from _of_item(table, request.get("Item") or request.get("Key") or {})
    yield from _of_query(request)
    for name, content in request.get("RequestItems", {}).items():
        items = content["Keys"] if isinstance(content, dict) else [_only(each) for each in content]
        for item in items:
            yield from _of_item(name, item.get("Item") or item.get("Key") or item)
    for each in request.get("TransactItems", []):
        action = _only(each)
        yield from _of_item(action.get("TableName", ""), action.get("Item") or action.get("Key") or {})


def _only(each: Json) -> Json:
    """Return what an entry of a batch or transaction does, without the name of the action."""
    only: Json = next(iter(each.values()))
    return only


def _of_item(table: str, item: Json) -> Iterator[Json]:
    name = partition_key(table)
    if name in item:
        yield item[name]


def _of_query(request: Json) -> Iterator[Json]:
    name = partition_key(request.get("TableName", ""), request.get("IndexName"))
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    for left, right in EQUALS.findall(request.get("KeyConditionExpression", "")):
        if names.get(left, left) == name and right in values:
            yield values[right]
    condition = request.get("KeyConditions", {}).get(name)
    if condition:
        yield from condition["AttributeValueList"]


def partition_key(table: str, index: str | None = None) -> str | None:
    """Return the name of a table's partition key, or of its index's.

    Parameters
    ----------
    table
        A table's name or ARN; None is returned when there is no such table.
    index
        An index; a local one has its table's partition key.
    """
    found = dynamodb._tables.get(table.rsplit("/", 1)[-1])
    if found is None:
        return None
    indexes = {each["IndexName"]: each for each in found.get("GlobalSecondaryIndexes") or []}
    schema = indexes.get(index, found)["KeySchema"]
    return next(str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH")


def fill() -> None:
    """Set the key for every request that names partition keys."""
    service_context = iam_actions.dynamodb_service_context

    def service_context_with_leading_keys(body: bytes) -> Json:
        context: Json = service_context(body)
        try:
            keys = leading_keys(json.loads(body))
        except (AttributeError, KeyError, TypeError, ValueError, StopIteration):
            return context  # The service itself says what is wrong with such a request.
        return {**context, KEY: keys} if keys else context

    iam_actions.dynamodb_service_context = service_context_with_leading_keys
