"""DynamoDB tables: one client an environment, tuned for a function behind an API, and few calls.

Items go in and come out as plain dictionaries of str, int, bool, None, lists and dictionaries. Money is
integer minor units and times are text, so no other type is needed, and a float is refused before it can lose
a cent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from shared.observability import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.client import DynamoDBClient

Item: TypeAlias = dict[str, Any]

# A request to an API has 29 s at most and a table answers within milliseconds: better to give up on a
# connection early and try again than to wait for it. In the worst case, 3 attempts of 1 s + 3 s and the
# pauses between them take 15 s.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=2,  # an environment handles one request at a time
    tcp_keepalive=True,
    # The service checks the parameters too, and these are made here, not by a caller.
    parameter_validation=False,
)

_client: DynamoDBClient | None = None


def client() -> DynamoDBClient:
    """Return the environment's DynamoDB client, made at the first call: a function calls while it loads."""
    global _client  # noqa: PLW0603 - one per environment is the point
    if _client is None:
        session = botocore.session.get_session()
        _client = cast("DynamoDBClient", session.create_client("dynamodb", config=_CONFIG))
    return _client


class Page(NamedTuple):
    """Some items of a query, and the key to go on after, or None at the end."""

    items: list[Item]
    last_key: Item | None


class Table:
    """A DynamoDB table. Every method is one call; its capacity units are logged at level DEBUG.

    Parameters
    ----------
    name
        The table's name.
    dynamodb
        The client to use; the environment's own when left out.
    """

    def __init__(self, name: str, dynamodb: DynamoDBClient | None = None) -> None:
        self.name = name
        self._dynamodb = dynamodb or client()

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        """Return the item with this whole primary key, or None."""
        answer = self._call("get_item", Key=_to_attributes(key), ConsistentRead=consistent)
        return _from_attributes(answer["Item"]) if "Item" in answer else None

    def put_if(self, condition: str, item: Item, values: Item | None = None) -> Item | None:
        """Write `item` if `condition` holds for what is stored under its key.

        Parameters
        ----------
        condition
            A condition expression, such as `attribute_not_exists(order_id)`.
        item
            The whole item, with its primary key.
        values
            What the `:names` in the condition stand for.

        Returns
        -------
        None when the item was written, else the item that is stored and stays as it is.
        """
        parameters: dict[str, Any] = {"ExpressionAttributeValues": _to_attributes(values)} if values else {}
        try:
            self._call(
                "put_item",
                Item=_to_attributes(item),
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **parameters,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            refused: dict[str, Any] = {**error.response}
            return _from_attributes(refused["Item"])
        return None

    def query(
        self, partition: tuple[str, str], *, limit: int, newest_first: bool = False, after: Item | None = None
    ) -> Page:
        """Return up to `limit` items of one partition, in the order of the sort key.

        Parameters
        ----------
        partition
            The partition key's name and value.
        limit
            How many items at most; a page of 1 MB may hold fewer.
        newest_first
            From the greatest sort key down.
        after
            The whole primary key after which to go on: the last page's `last_key`.
        """
        name, value = partition
        parameters: dict[str, Any] = {"ExclusiveStartKey": _to_attributes(after)} if after else {}
        answer = self._call(
            "query",
            KeyConditionExpression="#partition = :partition",
            ExpressionAttributeNames={"#partition": name},
            ExpressionAttributeValues={":partition": {"S": value}},
            Limit=limit,
            ScanIndexForward=not newest_first,
            **parameters,
        )
        last = answer.get("LastEvaluatedKey")
        return Page(
            [_from_attributes(item) for item in answer["Items"]], _from_attributes(last) if last else None
        )

    def _call(self, operation: str, **parameters: Any) -> Any:
        answer = getattr(self._dynamodb, operation)(
            TableName=self.name, ReturnConsumedCapacity="TOTAL", **parameters
        )
        units = answer.get("ConsumedCapacity", {}).get("CapacityUnits")
        logger.debug("dynamodb", extra={"operation": operation, "table": self.name, "capacity_units": units})
        return answer


def _to_attributes(item: Item) -> dict[str, Any]:
    return {name: _to_attribute(value) for name, value in item.items()}


def _from_attributes(attributes: Mapping[str, Any]) -> Item:
    return {name: _from_attribute(value) for name, value in attributes.items()}


def _to_attribute(value: object) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case bool():  # before int, which it also is
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": _to_attributes(value)}
        case list():
            return {"L": [_to_attribute(inner) for inner in value]}
    raise TypeError(f"a table does not hold a {type(value).__name__}")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "NULL":
            return None
        case "M":
            return _from_attributes(value)
        case "L":
            return [_from_attribute(inner) for inner in value]
    raise TypeError(f"a table's attribute of type {kind} is not one this application writes")
