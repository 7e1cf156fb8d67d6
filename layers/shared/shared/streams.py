"""Consumers of DynamoDB Streams: a record or a batch at a time, and Lambda is told where a batch failed.

The event source mapping has ReportBatchItemFailures. Lambda then takes the batch up again at the record that
failed, and not at its beginning.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias

from shared.observability import logger, observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.observability import LambdaHandler

Record: TypeAlias = dict[str, Any]


class FailedAt(Exception):  # noqa: N818 - it says where
    """A batch was handled up to the record at `place`, counted from 0, and not beyond."""

    def __init__(self, place: int) -> None:
        super().__init__(f"record {place} of the batch")
        self.place = place


def each_record(handler: Callable[[Record], None]) -> LambdaHandler:
    """Make a Lambda handler of one that takes a stream's record and raises when it cannot be handled.

    The first record that fails ends the batch: those after it keep their order, and come again with it.
    """

    @observed
    @functools.wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
        for record in event["Records"]:
            try:
                handler(record)
            except Exception:  # noqa: BLE001 - whatever it is, it is this record's
                number = record["dynamodb"]["SequenceNumber"]
                logger.exception("record failed", extra={"sequence_number": number})
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}

    return handle


def each_batch(handler: Callable[[list[Record]], None]) -> LambdaHandler:
    """Make a Lambda handler of one that takes a batch of records, for what is cheaper done at once.

    It raises `FailedAt` where it cannot handle one; any other exception is the whole batch's.
    """

    @observed
    @functools.wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
        records = event["Records"]
        try:
            handler(records)
        except FailedAt as failure:
            number = records[failure.place]["dynamodb"]["SequenceNumber"]
            logger.exception("record failed", extra={"sequence_number": number})
            return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}

    return handle
