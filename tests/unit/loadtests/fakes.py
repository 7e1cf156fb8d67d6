"""A stream that refuses, loses answers and changes its shards as told, and a clock that only waits."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aws_kinesis_agg.deaggregator import iter_deaggregate_records
from botocore.exceptions import ClientError, ReadTimeoutError

from loadtests.producer.shards import hash_key

LAST = 2**128 - 1


def refusal(code: str) -> ClientError:
    """Return what boto3 raises for a call that was refused whole."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "PutRecords")


class Taken(NamedTuple):
    """A record of Kinesis in a shard."""

    shard_id: str
    data: bytes
    key: str


class Arrived(NamedTuple):
    """A user record as a consumer gets it."""

    shard_id: str
    data: bytes
    key: str
    in_place: bool


@dataclass
class Clock:
    """A clock that goes on when somebody waits."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Stream:
    """A stream that answers as boto3's client does.

    Parameters
    ----------
    shards
        How many shards it starts with, of equal ranges.
    fate
        Asked for each call: "ok", "lost" (all is taken, and no answer arrives), "split" or "merge" (before
        the call), or the code of an error for the whole call.
    refuses
        Asked for each record, with its shard: whether it is refused.
    """

    def __init__(
        self,
        shards: int = 1,
        fate: Callable[[], str] = lambda: "ok",
        refuses: Callable[[str], bool] = lambda _: False,
    ) -> None:
        bounds = [LAST * n // shards for n in range(shards)] + [LAST + 1]
        self.ranges = {
            f"shardId-{n:012d}": (bounds[n] + (n > 0), bounds[n + 1] - (n + 1 == shards))
            for n in range(shards)
        }
        self.closed: set[str] = set()
        self.taken: list[Taken] = []
        self.calls: list[list[dict[str, Any]]] = []
        self._fate = fate
        self._refuses = refuses

    def list_shards(self, **request: str) -> dict[str, Any]:
        assert set(request) in ({"StreamName"}, {"NextToken"})
        names = sorted(self.ranges)
        start = int(request.get("NextToken", 0))
        page = [
            {
                "ShardId": name,
                "HashKeyRange": {
                    "StartingHashKey": str(self.ranges[name][0]),
                    "EndingHashKey": str(self.ranges[name][1]),
                },
                "SequenceNumberRange": {"StartingSequenceNumber": "1"}
                | ({"EndingSequenceNumber": "2"} if name in self.closed else {}),
            }
            for name in names[start : start + 3]
        ]
        return {"Shards": page} | ({"NextToken": str(start + 3)} if start + 3 < len(names) else {})

    def put_records(self, **request: Any) -> dict[str, Any]:
        records: list[dict[str, Any]] = request["Records"]
        self.calls.append(records)
        fate = self._fate()
        if fate in {"split", "merge"}:
            self.reshard(fate)
        elif fate not in {"ok", "lost"}:
            raise refusal(fate)
        answers: list[dict[str, Any]] = []
        for record in records:
            shard_id = self.shard_of(int(record.get("ExplicitHashKey", hash_key(record["PartitionKey"]))))
            if self._refuses(shard_id):
                answers.append({"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "no"})
                continue
            self.taken.append(Taken(shard_id, record["Data"], record["PartitionKey"]))
            answers.append({"ShardId": shard_id, "SequenceNumber": str(len(self.taken))})
        if fate == "lost":
            raise ReadTimeoutError(endpoint_url="kinesis")
        return {"FailedRecordCount": sum("ErrorCode" in answer for answer in answers), "Records": answers}

    def reshard(self, how: str) -> None:
        """Split the widest open shard in half, or merge the two lowest."""
        opened = sorted((bounds, name) for name, bounds in self.ranges.items() if name not in self.closed)
        child = f"shardId-{len(self.ranges):012d}"
        if how == "split":
            (first, last), parent = max(opened, key=lambda each: each[0][1] - each[0][0])
            middle = (first + last) // 2
            self.closed.add(parent)
            self.ranges[child] = (first, middle)
            self.ranges[f"shardId-{len(self.ranges):012d}"] = (middle + 1, last)
        elif len(opened) > 1:
            (lower, one), (upper, other) = opened[:2]
            self.closed |= {one, other}
            self.ranges[child] = (lower[0], upper[1])

    def shard_of(self, hash_key: int) -> str:
        """Return the open shard that takes a hash key."""
        (found,) = (
            name
            for name, (first, last) in self.ranges.items()
            if name not in self.closed and first <= hash_key <= last
        )
        return found

    @property
    def arrived(self) -> list[Arrived]:
        """Every user record in the order of arrival, as the reference library takes aggregates apart."""
        found = []
        for record in self.taken:
            first, last = self.ranges[record.shard_id]
            whole = {
                "Data": record.data,
                "PartitionKey": record.key,
                "SequenceNumber": "1",
                "ApproximateArrivalTimestamp": 0,
            }
            for user in iter_deaggregate_records([whole], data_format="Boto3"):
                kinesis = user["kinesis"]
                key = kinesis["partitionKey"]
                data = base64.b64decode(kinesis["data"]) if kinesis.get("aggregated") else kinesis["data"]
                found.append(Arrived(record.shard_id, data, key, first <= hash_key(key) <= last))
        return found
