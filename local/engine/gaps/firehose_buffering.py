"""Firehose gathers records into objects, by size and by time, and compresses them.

The stock engine writes an object for every record at once, leaves it as it is where GZIP is asked for, and
knows no AppendDelimiterToRecord.

On AWS records wait until a buffer is as large or its oldest record as old as BufferingHints say, and make one
object, named after the arrival of the oldest. The buffer's size is counted before compression; an interval of
0 delivers what a call brings. A delimiter comes after each record only where the processor asks for it.
https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html

What is partitioned by its content or converted to another format is still delivered by the stock engine, and
so is compression other than GZIP.
"""

from __future__ import annotations

import contextvars
import functools
import gzip
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ministack.core.responses import new_uuid
from ministack.services import firehose

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
Record = tuple[str, bytes]

MEBIBYTE = 1024 * 1024
SIZE_IN_MEBIBYTES, INTERVAL_IN_SECONDS = 5, 300
"""AWS's hints where the stream has none."""

EXTENSIONS = {"UNCOMPRESSED": "", "GZIP": ".gz"}


@dataclass
class Buffer:
    """What a destination has taken and not delivered yet, under the number of its filling."""

    records: list[Record] = field(default_factory=list)
    size: int = 0
    since: float = 0.0
    filling: int = 0


class Buffers:
    """The buffers of all destinations.

    Parameters
    ----------
    deliver
        Called with the stream, its destination, the records and the arrival of the oldest, in epoch seconds.
    """

    def __init__(self, deliver: Callable[[Json, Json, list[Record], float], None]) -> None:
        self._deliver = deliver
        self._buffers: dict[tuple[str, str], Buffer] = {}
        self._lock = threading.Lock()

    def take(self, stream: Json, destination: Json, records: list[Record]) -> None:
        """Add records, and deliver what is full; what is not is delivered when its time has come."""
        hints = destination["config"].get("BufferingHints") or {}
        seconds = float(hints.get("IntervalInSeconds", INTERVAL_IN_SECONDS))
        limit = int(hints.get("SizeInMBs", SIZE_IN_MEBIBYTES)) * MEBIBYTE
        key = (stream["arn"], destination["id"])
        with self._lock:
            buffer = self._buffers.setdefault(key, Buffer())
            fresh = not buffer.records
            if fresh:
                buffer.since, buffer.filling = time.time(), buffer.filling + 1
            buffer.records += records
            buffer.size += sum(len(data) for _, data in records)
            full, filling = buffer.size >= limit or not seconds, buffer.filling
        if full:
            self._empty(key, stream, destination, filling)
        elif fresh:
            context = contextvars.copy_context()  # of the account and Region that the stream is in
            timer = threading.Timer(seconds, context.run, (self._empty, key, stream, destination, filling))
            timer.daemon = True
            timer.start()

    def _empty(self, key: tuple[str, str], stream: Json, destination: Json, filling: int) -> None:
        with self._lock:
            buffer = self._buffers[key]
            if not buffer.records or buffer.filling != filling:
                return  # it was full before its time had come
            records, since = buffer.records, buffer.since
            buffer.records, buffer.size = [], 0
        self._deliver(stream, destination, records, since)


def is_buffered(config: Json) -> bool:
    """Return whether what is delivered here depends on nothing but time and size."""
    return (
        not (config.get("DynamicPartitioningConfiguration") or {}).get("Enabled")
        and not config.get("DataFormatConversionConfiguration")
        and config.get("CompressionFormat", "UNCOMPRESSED") in EXTENSIONS
    )


def delimiter(config: Json) -> bytes:
    """Return what comes after each record."""
    processing = config.get("ProcessingConfiguration") or {}
    kinds = {processor.get("Type") for processor in processing.get("Processors") or []}
    return b"\n" if processing.get("Enabled") and "AppendDelimiterToRecord" in kinds else b""


def deliver(stream: Json, destination: Json, records: list[Record], since: float) -> None:
    """Write one object of all the records."""
    config = destination["config"]
    after = delimiter(config)
    processed = firehose._apply_lambda_processors(stream, destination, records)
    body = b"".join(data + after for _, data in processed)
    if not body:
        return
    compression = config.get("CompressionFormat", "UNCOMPRESSED")
    if compression == "GZIP":
        body = gzip.compress(body)
    arrived = time.gmtime(since)
    prefix = firehose._evaluate_prefix(config.get("Prefix", ""), arrived)
    stamp = firehose._java_time("yyyy-MM-dd-HH-mm-ss", arrived)
    name = f"{stream['name']}-{stream.get('version', 1)}-{stamp}-{new_uuid()}"
    extension = config.get("FileExtension") or EXTENSIONS[compression]
    bucket = firehose._s3_bucket_from_arn(config["BucketARN"])
    firehose._put_s3_object(bucket, f"{prefix}{name}{extension}", body)


def fill() -> None:
    """Gather what goes to S3."""
    deliver_each = firehose._deliver_records_to_s3
    put_batch = firehose._put_record_batch
    buffers = Buffers(deliver)
    batch: contextvars.ContextVar[dict[int, Any] | None] = contextvars.ContextVar("batch", default=None)

    @functools.wraps(deliver_each)
    def take(stream: Json, destination: Json, records: list[Record]) -> None:
        destination["records"].clear()  # the stock engine keeps every record for ever
        if not is_buffered(destination["config"]):
            deliver_each(stream, destination, records)
        elif (gathered := batch.get()) is not None:
            gathered.setdefault(id(destination), (stream, destination, []))[2].extend(records)
        else:
            buffers.take(stream, destination, records)

    @functools.wraps(put_batch)
    def put_at_once(request: Json) -> Any:
        """Take the records of a call together, as one call that they are."""
        gathered: dict[int, Any] = {}
        token = batch.set(gathered)
        try:
            answer = put_batch(request)
        finally:
            batch.reset(token)
        for one in gathered.values():
            buffers.take(*one)
        return answer

    firehose._deliver_records_to_s3 = take
    firehose._put_record_batch = put_at_once
    firehose._HANDLERS["PutRecordBatch"] = put_at_once
