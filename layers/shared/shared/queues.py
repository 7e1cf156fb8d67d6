"""Consumers of SQS queues: a message at a time, and Lambda is told which failed.

The event source mapping has ReportBatchItemFailures: those that failed come again, and no other.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from shared.observability import logger, observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.observability import LambdaHandler


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
