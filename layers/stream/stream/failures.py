"""What cannot be counted, in the form that Lambda gives to what it gave up, so that one redrive serves both.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html: the event is in `payload` as
text, and `KinesisBatchInfo` tells where it is from. Here the event has only the records that were rejected,
one that was put together with others as a record of its own, and `rejections` says why, in the same order.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.posts import Rejected


class Failures(Protocol):
    """Where records go that cannot be counted."""

    def put(self, key: str, body: bytes) -> None:
        """Keep an object; keeping it twice is keeping it once."""


def document(rejected: Sequence[Rejected]) -> tuple[str, bytes]:
    """Return the key and the body of the object that holds rejected records of one shard, in their order.

    The same records make the same object.
    """
    first, last = rejected[0], rejected[-1]
    stream_arn = first.record["eventSourceARN"]
    shard = first.record["eventID"].partition(":")[0]
    body: dict[str, Any] = {
        "requestContext": {"condition": "Rejected"},
        "version": "1.0",
        "KinesisBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": _sequence(first),
            "endSequenceNumber": _sequence(last),
            "batchSize": len(rejected),
            "streamArn": stream_arn,
        },
        "rejections": [
            {
                "sequenceNumber": _sequence(each),
                "subSequenceNumber": each.number,
                "reason": each.reason,
                "detail": each.detail,
            }
            for each in rejected
        ],
        "payload": msgspec.json.encode({"Records": [_record(each) for each in rejected]}).decode(),
    }
    name = f"{_sequence(first)}.{first.number}-{_sequence(last)}.{last.number}"
    stream = stream_arn.rpartition("/")[2]
    return f"rejected/{stream}/{shard}/{name}.json", msgspec.json.encode(body)


def _record(rejected: Rejected) -> dict[str, Any]:
    kinesis = {
        **rejected.record["kinesis"],
        "partitionKey": rejected.partition_key,
        "data": b2a_base64(rejected.data, newline=False).decode(),
    }
    return {**rejected.record, "kinesis": kinesis}


def _sequence(rejected: Rejected) -> str:
    number: str = rejected.record["kinesis"]["sequenceNumber"]
    return number
