"""Posts for the deployed stream, and what becomes of those that cannot be counted."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stack import FOLLOW_SECONDS, Stack


def now(later: float = 0) -> str:
    """Return the time, or one so many seconds later, as a post tells it."""
    return (
        (datetime.now(UTC) + timedelta(seconds=later))
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def post(text: str, **more: Any) -> bytes:
    """Return a post that is made now."""
    return json.dumps({"post_id": secrets.token_hex(13), "created_at": now(), "text": text, **more}).encode()


def put(stack: Stack, *data: bytes) -> list[str]:
    """Put records into the stream, each under a key of its own, and return their sequence numbers."""
    answer = stack.client("kinesis").put_records(
        StreamName=stack["PostStreamName"],
        Records=[{"Data": each, "PartitionKey": secrets.token_hex(8)} for each in data],
    )
    assert not answer["FailedRecordCount"]
    return [each["SequenceNumber"] for each in answer["Records"]]


def rejections(stack: Stack) -> dict[bytes, str]:
    """Return every record that was rejected, with the reason."""
    s3, bucket = stack.client("s3"), stack["FailureBucket"]
    found: dict[bytes, str] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="rejected/"):
        for entry in page.get("Contents", []):
            document = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
            records = json.loads(document["payload"])["Records"]
            for record, why in zip(records, document["rejections"], strict=True):
                found[base64.b64decode(record["kinesis"]["data"])] = why["reason"]
    return found


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds.

    Raises
    ------
    TimeoutError
        When it does not after FOLLOW_SECONDS.
    """
    deadline = time.monotonic() + FOLLOW_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("it does not come to hold")
        time.sleep(0.2)
