"""Counts the posts of a Kinesis stream, by hashtag and window of time, exactly once."""

from typing import Any

import msgspec

from shared import config
from shared.buckets import Bucket
from shared.observability import logger, metrics, observed
from shared.tables import Table
from stream.counting import Aggregator
from stream.posts import Bounds
from stream.windows import Windows

MILLISECONDS_OF_A_STEP = 8_000  # what a step takes at worst, beside botocore's retries


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    trends_table: str
    failure_bucket: str
    window_seconds: int
    late_seconds: int
    early_seconds: int
    keep_days: int


settings = config.read(Settings)
aggregator = Aggregator(
    Table(settings.trends_table),
    Bucket(settings.failure_bucket),
    Windows(settings.window_seconds),
    Bounds(settings.late_seconds, settings.early_seconds),
    settings.keep_days * 86400,
)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Count a batch, and tell Lambda from which record on it has to come again."""
    taken = aggregator.take(
        event["Records"], lambda: context.get_remaining_time_in_millis() > MILLISECONDS_OF_A_STEP
    )
    metrics.add_metric("PostsCounted", "Count", taken.counted)
    if taken.duplicates:
        metrics.add_metric("DuplicatePosts", "Count", taken.duplicates)
    if taken.rejected:
        metrics.add_metric("RejectedRecords", "Count", taken.rejected.total())
        logger.warning("records rejected", extra={"reasons": taken.rejected})
    if taken.pending is None:
        return {"batchItemFailures": []}
    logger.warning("batch not done", extra={"pending": taken.pending, "fault": type(taken.fault).__name__})
    return {"batchItemFailures": [{"itemIdentifier": taken.pending}]}
