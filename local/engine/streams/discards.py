"""What a destination is told about records that were given up.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html (with examples; an S3 destination
gets the event beside it). The times of a DynamoDB batch have whole seconds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.engine.streams.decisions import Discard

BATCH_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}


def message(
    discard: Discard, mapping: Mapping[str, Any], kind: str, shard_id: str, now: float
) -> dict[str, Any]:
    """Return the document; records that never reached the function have no responseContext."""
    attempt, first, last = discard.attempt, discard.entries[0], discard.entries[-1]
    spec = "milliseconds" if kind == "kinesis" else "seconds"
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": attempt.request_id if attempt else str(uuid.uuid4()),
            "functionArn": mapping["FunctionArn"],
            "condition": discard.condition,
            "approximateInvokeCount": discard.invocations,
        }
    }
    if attempt:
        document["responseContext"] = {
            "statusCode": 200,
            "executedVersion": attempt.version,
            "functionError": attempt.error,
        }
    return document | {
        "version": "1.0",
        "timestamp": _time(now, "milliseconds"),
        BATCH_INFO[kind]: {
            "shardId": shard_id,
            "startSequenceNumber": first.sequence,
            "endSequenceNumber": last.sequence,
            "approximateArrivalOfFirstRecord": _time(first.arrived, spec),
            "approximateArrivalOfLastRecord": _time(last.arrived, spec),
            "batchSize": discard.count,
            "streamArn": mapping["EventSourceArn"],
        },
    }


def object_key(mapping_id: str, shard_id: str, now: float) -> str:
    """Return the key under which an S3 destination keeps the document."""
    moment = datetime.fromtimestamp(now, UTC)
    return f"aws/lambda/{mapping_id}/{shard_id}/{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _time(seconds: float, spec: str) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(timespec=spec) + "Z"
