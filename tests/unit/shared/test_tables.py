from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from shared import tables
from shared.faults import Transient
from shared.items import Item, Page, Refused, Update, from_attributes, to_attributes
from shared.observability import logger
from shared.tables import Table
from tests.unit.shared.conftest import lines

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=8,
)
items = st.dictionaries(st.text(min_size=1), values, max_size=4)


class Wire:
    """DynamoDB's end of the wire: keeps what was sent, answers what was put in."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []

    def answer(self, request: Any, **_: object) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        self.sent.append((operation, json.loads(request.body)))
        status, answer = self.answers.pop(0)
        return AWSResponse(request.url, status, HTTPHeaders(), Raw(json.dumps(answer).encode()))


class Raw(io.BytesIO):
    """A body as urllib3 hands it out."""

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self.read()]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Stand in for DynamoDB behind the real client, just before the socket."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr(tables, "_client", None)
    wire = Wire()
    events: Any = tables.client().meta.events
    events.register("before-send.dynamodb", wire.answer)
    return wire


@pytest.mark.usefixtures("wire")
def test_one_client_is_made_for_all_tables() -> None:
    assert tables.client() is tables.client()


def test_the_client_gives_up_well_before_the_api_does() -> None:
    config: Any = tables._CONFIG
    attempts = config.retries["total_max_attempts"]
    longest_pauses = sum(2**retry for retry in range(attempts - 1))  # seconds, in botocore's standard mode

    assert attempts * (config.connect_timeout + config.read_timeout) + longest_pauses < 29


def test_get_is_one_getitem_with_the_whole_key(wire: Wire) -> None:
    wire.answers.append((200, {"Item": {"id": {"S": "1"}, "total": {"N": "250"}}}))

    assert Table("orders").get({"id": "1"}, consistent=True) == {"id": "1", "total": 250}
    assert wire.sent == [
        (
            "GetItem",
            {
                "TableName": "orders",
                "Key": {"id": {"S": "1"}},
                "ConsistentRead": True,
                "ReturnConsumedCapacity": "TOTAL",
            },
        )
    ]


def test_get_of_nothing_is_none(wire: Wire) -> None:
    wire.answers.append((200, {}))

    assert Table("orders").get({"id": "1"}) is None


def test_put_if_is_one_conditional_putitem(wire: Wire) -> None:
    wire.answers.append((200, {}))

    assert (
        Table("orders").put_if("attribute_not_exists(id) OR till <= :now", {"id": "1"}, {":now": 5}) is None
    )
    assert wire.sent == [
        (
            "PutItem",
            {
                "TableName": "orders",
                "Item": {"id": {"S": "1"}},
                "ConditionExpression": "attribute_not_exists(id) OR till <= :now",
                "ExpressionAttributeValues": {":now": {"N": "5"}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                "ReturnConsumedCapacity": "TOTAL",
            },
        )
    ]


def test_put_if_gives_what_is_stored_when_the_condition_fails(wire: Wire) -> None:
    wire.answers.append(
        (400, {"__type": "x#ConditionalCheckFailedException", "message": "no", "Item": {"id": {"S": "1"}}})
    )

    assert Table("orders").put_if("attribute_not_exists(id)", {"id": "1"}) == {"id": "1"}


def test_any_other_refusal_is_raised(wire: Wire) -> None:
    wire.answers.append((400, {"__type": "x#AccessDeniedException", "message": "no"}))

    with pytest.raises(ClientError, match="AccessDenied"):
        Table("orders").put_if("attribute_not_exists(id)", {"id": "1"})


def test_a_throttled_call_is_tried_three_times(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    wire.answers = [(400, {"__type": "x#ProvisionedThroughputExceededException", "message": "slow"})] * 3

    with pytest.raises(Transient, match="ProvisionedThroughputExceeded"):
        Table("orders").get({"id": "1"})

    assert len(wire.sent) == 3


def test_query_is_one_page_of_one_partition(wire: Wire) -> None:
    wire.answers.append(
        (200, {"Items": [{"id": {"S": "2"}}], "LastEvaluatedKey": {"m": {"S": "m-1"}, "id": {"S": "2"}}})
    )

    page = Table("orders").query(("m", "m-1"), limit=1, newest_first=True, after={"m": "m-1", "id": "3"})

    assert page == Page([{"id": "2"}], {"m": "m-1", "id": "2"})
    assert wire.sent == [
        (
            "Query",
            {
                "TableName": "orders",
                "KeyConditionExpression": "#partition = :partition",
                "ExpressionAttributeNames": {"#partition": "m"},
                "ExpressionAttributeValues": {":partition": {"S": "m-1"}},
                "Limit": 1,
                "ScanIndexForward": False,
                "ExclusiveStartKey": {"m": {"S": "m-1"}, "id": {"S": "3"}},
                "ReturnConsumedCapacity": "TOTAL",
            },
        )
    ]


def test_query_takes_a_range_of_the_sort_key_and_reads_what_was_just_written(wire: Wire) -> None:
    wire.answers.append((200, {"Items": []}))

    Table("trends").query(("pk", "p"), between=("sk", "a", "b"), consistent=True)

    [(_, sent)] = wire.sent
    assert sent["KeyConditionExpression"] == "#partition = :partition AND #sort BETWEEN :least AND :greatest"
    assert sent["ExpressionAttributeNames"] == {"#partition": "pk", "#sort": "sk"}
    assert sent["ExpressionAttributeValues"] == {
        ":partition": {"S": "p"},
        ":least": {"S": "a"},
        ":greatest": {"S": "b"},
    }
    assert sent["ConsistentRead"] is True
    assert "Limit" not in sent


def test_the_last_page_has_no_last_key(wire: Wire) -> None:
    wire.answers.append((200, {"Items": []}))

    assert Table("orders").query(("m", "m-1"), limit=1) == Page([], None)


def test_each_call_tells_its_capacity_units(wire: Wire, stream: io.StringIO) -> None:
    wire.answers.append((200, {"ConsumedCapacity": {"TableName": "orders", "CapacityUnits": 0.5}}))
    logger.setLevel("DEBUG")

    Table("orders").get({"id": "1"})

    logger.setLevel("INFO")
    [line] = lines(stream)
    assert (line["operation"], line["table"], line["capacity_units"]) == ("get_item", "orders", 0.5)


@given(items)
def test_an_item_comes_back_as_it_went(item: Item) -> None:
    back = from_attributes(to_attributes(item))

    assert repr(back) == repr(item)  # to equality alone, True is 1


@pytest.mark.parametrize("value", [1.5, bytearray(b"raw"), {"a"}, object()])
def test_a_type_that_no_item_has_is_refused_before_it_is_written(value: object) -> None:
    with pytest.raises(TypeError, match="a table does not hold"):
        to_attributes({"value": value})


@pytest.mark.parametrize("attribute", [{"NS": ["1"]}, {"SS": ["a"]}])
def test_a_type_that_this_application_does_not_write_is_refused(attribute: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="not one this application writes"):
        from_attributes({"value": attribute})


CHANGE = Update({"id": "1"}, "size < :size", "SET size = :size", {":size": 2})


def test_a_change_is_one_conditional_update(wire: Wire) -> None:
    wire.answers.append((200, {}))

    assert Table("orders").update_if(CHANGE) is None

    ((operation, sent),) = wire.sent
    assert operation == "UpdateItem"
    assert (sent["ConditionExpression"], sent["UpdateExpression"]) == ("size < :size", "SET size = :size")
    assert (sent["Key"], sent["ExpressionAttributeValues"]) == ({"id": {"S": "1"}}, {":size": {"N": "2"}})


@pytest.mark.parametrize(("stored", "told"), [({"Item": {"size": {"N": "3"}}}, {"size": 3}), ({}, {})])
def test_a_change_that_is_refused_brings_back_what_is_stored(
    wire: Wire, stored: dict[str, Any], told: Item
) -> None:
    wire.answers.append((400, {"__type": "x#ConditionalCheckFailedException", "message": "no", **stored}))

    assert Table("orders").update_if(CHANGE) == told


def test_changes_of_several_tables_are_one_transaction(wire: Wire) -> None:
    wire.answers.append((200, {}))

    assert Table("orders").update_all([(Table("orders"), CHANGE), (Table("stock"), CHANGE)]) is None

    ((operation, sent),) = wire.sent
    assert operation == "TransactWriteItems"
    assert [each["Update"]["TableName"] for each in sent["TransactItems"]] == ["orders", "stock"]


def test_a_refused_transaction_tells_whose_condition_failed(wire: Wire) -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {"size": {"N": "3"}}}]
    canceled = {"__type": "x#TransactionCanceledException", "message": "no", "CancellationReasons": reasons}
    wire.answers.append((400, canceled))

    refused = Table("orders").update_all([(Table("orders"), CHANGE), (Table("stock"), CHANGE)])

    assert refused == Refused((False, True), (None, {"size": 3}))


def test_a_transaction_that_met_another_may_be_tried_again(wire: Wire) -> None:
    canceled = {"__type": "x#TransactionCanceledException", "message": "no"}
    wire.answers.append((400, {**canceled, "CancellationReasons": [{"Code": "TransactionConflict"}]}))

    with pytest.raises(Transient, match="TransactionConflict"):
        Table("orders").update_all([(Table("orders"), CHANGE)])


def test_delete_if_is_one_conditional_deleteitem(wire: Wire) -> None:
    wire.answers.append((200, {}))

    assert Table("orders").delete_if("version = :version", {"id": "1"}, {":version": 5}) is None
    assert wire.sent == [
        (
            "DeleteItem",
            {
                "TableName": "orders",
                "Key": {"id": {"S": "1"}},
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": "5"}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                "ReturnConsumedCapacity": "TOTAL",
            },
        )
    ]


@pytest.mark.parametrize(
    ("told", "stored"), [({"Item": {"id": {"S": "1"}}}, {"id": "1"}), ({}, {})], ids=["another", "none"]
)
def test_delete_if_gives_what_is_stored_when_the_condition_fails(
    wire: Wire, told: dict[str, Any], stored: Item
) -> None:
    wire.answers.append((400, {"__type": "x#ConditionalCheckFailedException", "message": "no", **told}))

    assert Table("orders").delete_if("attribute_exists(id)", {"id": "1"}) == stored


def test_a_query_looks_into_the_index_that_it_names(wire: Wire) -> None:
    wire.answers.append((200, {"Items": []}))

    Table("orders").query(("m", "m-1"), limit=1, index="by_m")

    [(_, sent)] = wire.sent
    assert sent["IndexName"] == "by_m"


def test_get_some_is_one_batchgetitem_and_lives_with_what_it_gets(wire: Wire) -> None:
    left = {"orders": {"Keys": [{"id": {"S": "2"}}]}}
    wire.answers.append((200, {"Responses": {"orders": [{"id": {"S": "1"}}]}, "UnprocessedKeys": left}))

    assert Table("orders").get_some([{"id": "1"}, {"id": "2"}]) == [{"id": "1"}]

    [(operation, sent)] = wire.sent
    assert operation == "BatchGetItem"
    assert sent["RequestItems"] == {"orders": {"Keys": [{"id": {"S": "1"}}, {"id": {"S": "2"}}]}}


def test_getting_nothing_asks_nothing(wire: Wire) -> None:
    assert Table("orders").get_some([]) == []
    assert wire.sent == []


def test_delete_all_is_one_batchwriteitem(wire: Wire) -> None:
    wire.answers.append((200, {"UnprocessedItems": {}}))

    Table("orders").delete_all([{"id": "1"}, {"id": "2"}])

    [(operation, sent)] = wire.sent
    assert operation == "BatchWriteItem"
    assert sent["RequestItems"] == {
        "orders": [{"DeleteRequest": {"Key": {"id": {"S": number}}}} for number in ("1", "2")]
    }


def test_what_a_batch_left_is_not_taken_for_deleted(wire: Wire) -> None:
    wire.answers.append(
        (200, {"UnprocessedItems": {"orders": [{"DeleteRequest": {"Key": {"id": {"S": "2"}}}}]}})
    )

    with pytest.raises(Transient, match="UnprocessedItems"):
        Table("orders").delete_all([{"id": "1"}, {"id": "2"}])


def test_deleting_nothing_asks_nothing(wire: Wire) -> None:
    Table("orders").delete_all([])

    assert wire.sent == []
