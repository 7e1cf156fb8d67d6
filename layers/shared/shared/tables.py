"""DynamoDB tables: one client an environment, tuned for a function behind an API, and few calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from shared.faults import Transient
from shared.items import Page, Refused, from_attributes, to_attributes
from shared.observability import logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb.client import DynamoDBClient

    from shared.items import Item, Update

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


class Unavailable(Transient):
    """DynamoDB did not answer, or was too busy: a write may have happened all the same."""


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
        answer = self._call("get_item", Key=to_attributes(key), ConsistentRead=consistent)
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def get_some(self, keys: list[Item]) -> list[Item]:
        """Return the items that have one of these whole primary keys, in no order: 100 keys at most.

        One BatchGetItem, eventually consistent; none for no key. What DynamoDB was too busy for is not tried
        again: it is for what an answer can do without.
        """
        if not keys:
            return []
        requests = {self.name: {"Keys": [to_attributes(key) for key in keys]}}
        answer = _ask(self._dynamodb, "batch_get_item", RequestItems=requests)
        return [from_attributes(item) for item in answer["Responses"].get(self.name, [])]

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
        None when the item was written, else the item that is stored and stays as it is: an empty one where
        there is none.
        """
        return self._write_if("put_item", condition, values, Item=to_attributes(item))

    def update_if(self, update: Update) -> Item | None:
        """Change one item if its condition holds.

        Returns
        -------
        None when the item was changed, else the item that is stored and stays as it is: an empty one where
        there is none.
        """
        return self._unless_refused("update_item", **_expressions(update))

    def delete_if(self, condition: str, key: Item, values: Item | None = None) -> Item | None:
        """Delete one item if its condition holds.

        Parameters
        ----------
        condition
            A condition expression.
        key
            The item's whole primary key.
        values
            What the `:names` in the condition stand for.

        Returns
        -------
        None when there is no such item any more, else the item that is stored and stays as it is: an empty
        one where there was none.
        """
        return self._write_if("delete_item", condition, values, Key=to_attributes(key))

    def delete_all(self, keys: list[Item]) -> None:
        """Delete items by their whole primary keys: 25 at most. One BatchWriteItem; none for no key.

        Raises
        ------
        Unavailable
            When DynamoDB left some: which, is not told, and deleting all of them again is safe.
        """
        if not keys:
            return
        deletes = [{"DeleteRequest": {"Key": to_attributes(key)}} for key in keys]
        answer = _ask(self._dynamodb, "batch_write_item", RequestItems={self.name: deletes})
        if answer.get("UnprocessedItems"):
            raise Unavailable("batch_write_item: UnprocessedItems")

    def update_all(self, updates: Iterable[tuple[Table, Update]]) -> Refused | None:
        """Change items of this and other tables, all or none; one item at most once, 100 in all.

        Returns
        -------
        None when all were changed, else which conditions failed. No item is brought back by those that held.

        Raises
        ------
        Unavailable
            When another transaction is at one of the items.
        """
        writes = [
            {
                "Update": {
                    "TableName": table.name,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    **_expressions(update),
                }
            }
            for table, update in updates
        ]
        try:
            _ask(self._dynamodb, "transact_write_items", TransactItems=writes)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            return _refusal({**error.response}["CancellationReasons"])
        return None

    def query(  # noqa: PLR0913 - as many as a Query has
        self,
        partition: tuple[str, str],
        *,
        between: tuple[str, Any, Any] | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        consistent: bool = False,
        after: Item | None = None,
        index: str | None = None,
    ) -> Page:
        """Return items of one partition, in the order of the sort key.

        Parameters
        ----------
        partition
            The partition key's name and value.
        between
            The sort key's name, and its least and its greatest value.
        limit
            How many items at most; a page of 1 MB may hold fewer.
        newest_first
            From the greatest sort key down.
        consistent
            Whether every write that was answered is in it, at twice the price.
        after
            The whole primary key after which to go on: the last page's `last_key`. In an index it has the
            index's keys too.
        index
            The index to look into; the table itself when left out.
        """
        name, value = partition
        condition, names = "#partition = :partition", {"#partition": name}
        values: Item = {":partition": value}
        parameters: dict[str, Any] = {}
        if between is not None:
            condition += " AND #sort BETWEEN :least AND :greatest"
            names["#sort"], values[":least"], values[":greatest"] = between
        if limit is not None:
            parameters["Limit"] = limit
        if consistent:
            parameters["ConsistentRead"] = True
        if after:
            parameters["ExclusiveStartKey"] = to_attributes(after)
        if index:
            parameters["IndexName"] = index
        answer = self._call(
            "query",
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_attributes(values),
            ScanIndexForward=not newest_first,
            **parameters,
        )
        last = answer.get("LastEvaluatedKey")
        return Page(
            [from_attributes(item) for item in answer["Items"]], from_attributes(last) if last else None
        )

    def _write_if(
        self, operation: str, condition: str, values: Item | None, **parameters: Any
    ) -> Item | None:
        if values:
            parameters["ExpressionAttributeValues"] = to_attributes(values)
        return self._unless_refused(operation, ConditionExpression=condition, **parameters)

    def _unless_refused(self, operation: str, **parameters: Any) -> Item | None:
        """Write, and return the item that is stored where the condition does not hold."""
        try:
            self._call(operation, ReturnValuesOnConditionCheckFailure="ALL_OLD", **parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            refused: dict[str, Any] = {**error.response}
            return from_attributes(refused.get("Item", {}))
        return None

    def _call(self, operation: str, **parameters: Any) -> Any:
        return _ask(self._dynamodb, operation, TableName=self.name, **parameters)


# What botocore's own retries did not get past. https://docs.aws.amazon.com/amazondynamodb/latest/
# developerguide/Programming.Errors.html
_PASSING = frozenset(
    (
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    )
)


def _ask(dynamodb: DynamoDBClient, operation: str, **parameters: Any) -> Any:
    """Call DynamoDB, and log at level DEBUG what it cost."""
    try:
        answer = getattr(dynamodb, operation)(ReturnConsumedCapacity="TOTAL", **parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in _PASSING:
            raise Unavailable(f"{operation}: {error.response['Error']['Code']}") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(f"{operation}: {type(error).__name__}") from error
    used = answer.get("ConsumedCapacity", [])
    for each in used if isinstance(used, list) else [used]:
        units = {"table": each.get("TableName"), "capacity_units": each.get("CapacityUnits")}
        logger.debug("dynamodb", extra={"operation": operation, **units})
    return answer


def _refusal(reasons: Any) -> Refused:
    """Return which conditions of a cancelled transaction failed."""
    codes = {reason["Code"] for reason in reasons} - {"None", "ConditionalCheckFailed"}
    if codes:
        raise Unavailable(f"transact_write_items: {', '.join(sorted(codes))}")
    return Refused(
        tuple(reason["Code"] != "None" for reason in reasons),
        tuple(from_attributes(reason["Item"]) if "Item" in reason else None for reason in reasons),
    )


def _expressions(update: Update) -> dict[str, Any]:
    names = {"ExpressionAttributeNames": update.names} if update.names else {}
    condition = {"ConditionExpression": update.condition} if update.condition else {}
    return {
        "Key": to_attributes(update.key),
        **condition,
        "UpdateExpression": update.change,
        "ExpressionAttributeValues": to_attributes(update.values),
        **names,
    }
