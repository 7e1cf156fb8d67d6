"""What a destination is told."""

from __future__ import annotations

import re

from local.engine.streams.answers import Attempt
from local.engine.streams.decisions import RETRIES_EXHAUSTED, TOO_OLD, Discard
from local.engine.streams.discards import message, object_key
from tests.unit.local.streams.fakes import entry

NOW = 1_573_691_886.021
MAPPING = {
    "FunctionArn": "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
    "EventSourceArn": "arn:aws:kinesis:us-east-2:123456789012:stream/mystream",
}
RECORDS = (entry(1, arrived=1_573_691_884.835), entry(2, arrived=1_573_691_885.58))


def test_the_document_has_the_shape_of_the_example_that_aws_gives() -> None:
    discard = Discard(RECORDS, 2, RETRIES_EXHAUSTED, 3, Attempt("request-1", "$LATEST", "Unhandled"))

    assert message(discard, MAPPING, "kinesis", "shardId-000000000001", NOW) == {
        "requestContext": {
            "requestId": "request-1",
            "functionArn": MAPPING["FunctionArn"],
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": "2019-11-14T00:38:06.021Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000001",
            "startSequenceNumber": "1",
            "endSequenceNumber": "2",
            "approximateArrivalOfFirstRecord": "2019-11-14T00:38:04.835Z",
            "approximateArrivalOfLastRecord": "2019-11-14T00:38:05.580Z",
            "batchSize": 2,
            "streamArn": MAPPING["EventSourceArn"],
        },
    }


def test_the_times_of_a_table_have_whole_seconds() -> None:
    discard = Discard(RECORDS, 2, RETRIES_EXHAUSTED, 3, None)

    info = message(discard, MAPPING, "dynamodb", "shardId-1", NOW)["DDBStreamBatchInfo"]

    assert info["approximateArrivalOfFirstRecord"] == "2019-11-14T00:38:04Z"


def test_records_that_were_never_sent_have_no_response() -> None:
    document = message(Discard(RECORDS, 2, TOO_OLD, 0, None), MAPPING, "kinesis", "shardId-1", NOW)

    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert "responseContext" not in document


def test_an_object_is_named_by_mapping_shard_and_time() -> None:
    key = object_key("uuid-1", "shardId-000000000001", NOW)

    start = "aws/lambda/uuid-1/shardId-000000000001/2019/11/14/2019-11-14T00.38.06-"
    assert re.fullmatch(re.escape(start) + r"[0-9a-f-]{36}", key)
