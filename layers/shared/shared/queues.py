"""SQS queues: sending a message, and consuming a message at a time, of which Lambda is told which failed.

The event source mapping has ReportBatchItemFailures: those that failed come again, and no other.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec

from shared import aws
from shared.observability import logger, observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.observability import LambdaHandler


class Queue:
    """A queue to send to.

    Parameters
    ----------
    url
        The queue's URL.
    sqs
        The client to use; the environment's own when left out.
    """

    def __init__(self, url: str, sqs: Any = None) -> None:
        self._url = url
        self._sqs = sqs or aws.client("sqs")

    def send(self, message: msgspec.Struct, delay: int = 0) -> None:
        """Send a message, which comes after `delay` seconds, 900 at most."""
        body = msgspec.json.encode(message).decode()
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay)


def each_message(handler: Callable[[str], None]) -> LambdaHandler:
    """Make a Lambda handler of one that takes a message's body and raises when it cannot be handled."""

    @observed
    @functools.wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
        failed = []
        for record in event["Records"]:
            try:
                handler(record["body"])
            except Exception:  # noqa: BLE001 - whatever it is, it is this message's
                logger.exception("message failed", extra={"message_id": record["messageId"]})
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed}

    return handle
