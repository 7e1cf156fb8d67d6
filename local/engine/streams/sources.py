"""Where a mapping reads: the shards of a Kinesis stream or of a table's stream, in the engine's own stores.

It only looks: the engine's functions for reading also drop what has expired, which is not safe beside its
writers.

The event's records are those of https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ministack.core.arn import Arn, parse_arn
from ministack.services import dynamodb, kinesis
from ministack.services.dynamodb_streams import _DEFAULT_SHARD_ID as TABLE_SHARD

from local.engine.streams.records import Entry

BEGINNING = -1


@dataclass(frozen=True, slots=True)
class ShardInfo:
    """A shard as it is listed: `closed` shards get no more records; children wait for their parents."""

    shard_id: str
    parents: tuple[str, ...] = ()
    closed: bool = False


class Source(Protocol):
    """A stream that can be read shard by shard."""

    kind: str
    role: str

    def shards(self) -> list[ShardInfo]:
        """Return the shards that are there now; none when the stream is gone."""

    def start(self, shard_id: str, where: str, timestamp: float) -> int:
        """Return the position after which a mapping begins: TRIM_HORIZON, LATEST or AT_TIMESTAMP."""

    def read(self, shard_id: str, after: int, limit: int) -> Sequence[Entry]:
        """Return up to `limit` records that stand after a position."""


def source_of(arn: str, role: str) -> Source:
    """Return the source of an event source ARN; `role` is the function's, which reads it."""
    parsed = parse_arn(arn)
    return KinesisSource(parsed, arn, role) if parsed.service == "kinesis" else TableSource(parsed, arn, role)


class KinesisSource:
    """A Kinesis stream; a position is a sequence number."""

    kind = "kinesis"

    def __init__(self, parsed: Arn, arn: str, role: str) -> None:
        self._arn = arn
        self._scope = (parsed.account_id, parsed.region, parsed.resource.split("/")[1])
        self._region = parsed.region
        self.role = role

    def _stored(self) -> Mapping[str, Any]:
        stream = kinesis._streams.get_scoped(*self._scope)
        shards: Mapping[str, Any] = stream["shards"] if stream and stream["StreamARN"] == self._arn else {}
        return shards

    def shards(self) -> list[ShardInfo]:
        """Return the shards, closed ones too as long as their records are kept."""
        return [
            ShardInfo(
                shard_id,
                tuple(filter(None, (shard["parent_shard_id"], shard["adjacent_parent_shard_id"]))),
                "ending_sequence_number" in shard,
            )
            for shard_id, shard in list(self._stored().items())
        ]

    def start(self, shard_id: str, where: str, timestamp: float) -> int:
        """Return the sequence number after which to begin."""
        records = self._stored()[shard_id]["records"]
        earlier = {
            "TRIM_HORIZON": [],
            "LATEST": records,
            "AT_TIMESTAMP": [each for each in records if each["ApproximateArrivalTimestamp"] < timestamp],
        }[where]
        return int(earlier[-1]["SequenceNumber"]) if earlier else BEGINNING

    def read(self, shard_id: str, after: int, limit: int) -> list[Entry]:
        """Return the records behind the one at `after`, as they were stored."""
        shard = self._stored().get(shard_id)
        if not shard:
            return []
        records = shard["records"]
        # From the end, and by place: records of concurrent writers may be stored a little out of order.
        for index in range(len(records) - 1, -1, -1):
            if int(records[index]["SequenceNumber"]) == after:
                return [self._entry(shard_id, each) for each in records[index + 1 : index + 1 + limit]]
        behind = [each for each in records if int(each["SequenceNumber"]) > after]
        return [self._entry(shard_id, each) for each in behind[:limit]]

    def _entry(self, shard_id: str, record: Mapping[str, Any]) -> Entry:
        sequence = record["SequenceNumber"]
        body = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": sequence,
                "data": kinesis._ensure_base64(record["Data"]),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self.role,
            "awsRegion": self._region,
            "eventSourceARN": self._arn,
        }
        arrived = float(record["ApproximateArrivalTimestamp"])
        return Entry(int(sequence), sequence, record["PartitionKey"], arrived, body, len(json.dumps(body)))


class TableSource:
    """A table's stream: one shard, closed when the stream is disabled; a position is a place in it."""

    kind = "dynamodb"

    def __init__(self, parsed: Arn, arn: str, role: str) -> None:
        self._arn = arn
        self._account, self._region = parsed.account_id, parsed.region
        self._table = parsed.resource.split("/")[1]
        self.role = role

    def _live(self) -> bool:
        table = dynamodb._tables.get_scoped(self._account, self._region, self._table)
        enabled = ((table or {}).get("StreamSpecification") or {}).get("StreamEnabled")
        return bool(enabled and table["LatestStreamArn"] == self._arn)

    def _stored(self) -> tuple[int, Sequence[Mapping[str, Any]]] | None:
        """Return the place of the oldest record and the records, or None when the stream is gone."""
        if self._live():
            scope = (self._account, self._region, self._table)
            first = dynamodb._stream_trimmed.get_scoped(*scope, 0)
            return first, dynamodb._stream_records.get_scoped(*scope, [])
        closed = dynamodb._closed_streams.get_scoped(self._account, self._region, self._arn)
        return (closed["trimmed"], closed["records"]) if closed else None

    def shards(self) -> list[ShardInfo]:
        """Return the one shard."""
        if self._stored() is None:
            return []
        return [ShardInfo(TABLE_SHARD, closed=not self._live())]

    def start(self, shard_id: str, where: str, timestamp: float) -> int:  # noqa: ARG002 - one shard, no times
        """Return the place after which to begin."""
        first, records = self._stored() or (0, [])
        return first - 1 + (len(records) if where == "LATEST" else 0)

    def read(self, shard_id: str, after: int, limit: int) -> list[Entry]:  # noqa: ARG002 - there is one shard
        """Return the records behind the place `after`, or behind what has expired."""
        first, records = self._stored() or (0, [])
        begin = max(0, after + 1 - first)
        return [
            self._entry(first + index, records[index])
            for index in range(begin, min(begin + limit, len(records)))
        ]

    @staticmethod
    def _entry(position: int, record: Mapping[str, Any]) -> Entry:
        change = record["dynamodb"]
        key = json.dumps(change["Keys"], sort_keys=True)
        arrived = float(change["ApproximateCreationDateTime"])
        return Entry(position, change["SequenceNumber"], key, arrived, record, len(json.dumps(record)))
