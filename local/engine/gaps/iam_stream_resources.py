"""IAM judges a call of DynamoDB Streams by the stream that it is about.

The stock engine judges it by "*", so that a role that may read one stream is refused.

After https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html:
DescribeStream, GetShardIterator and GetRecords have the resource type stream. An iterator tells which stream
it goes through.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb_streams


def fill() -> None:
    """Add streams to what a request can be about."""
    known = iam_actions.extract_resource_arn

    @functools.wraps(known)
    def with_streams(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        stream = stream_of(body) if service == "dynamodbstreams" else ""
        found: str = stream or known(service, method, path, headers, body, *rest)
        return found

    iam_actions.extract_resource_arn = with_streams


def stream_of(body: bytes) -> str:
    """Return the ARN of the stream that a request is about; empty when it names none."""
    try:
        request: dict[str, Any] = json.loads(body or b"{}")
        iterator = dynamodb_streams._decode_iterator(request.get("ShardIterator") or "")
        found = request.get("StreamArn") or (iterator or {}).get("arn")
    except (ValueError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""
