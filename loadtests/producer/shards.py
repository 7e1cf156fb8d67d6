"""Which shard a partition key belongs to."""

from __future__ import annotations

import bisect
import hashlib
from typing import Any, NamedTuple


class Shard(NamedTuple):
    """A shard and the hash keys that belong to it, from the first to the last."""

    first: int
    last: int
    shard_id: str


def hash_key(partition_key: str) -> int:
    """Return the 128-bit hash key of a partition key."""
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())


class ShardMap:
    """The stream's shards as they were when it was last asked."""

    def __init__(self, kinesis: Any, stream: str) -> None:
        """Ask; `kinesis` is a client of boto3, `stream` the stream's name."""
        self._kinesis = kinesis
        self._stream = stream
        self.refresh()

    def refresh(self) -> None:
        """Ask again."""
        page = self._kinesis.list_shards(StreamName=self._stream)
        found = page["Shards"]
        while "NextToken" in page:
            page = self._kinesis.list_shards(NextToken=page["NextToken"])
            found += page["Shards"]
        all_shards = [
            Shard(
                int(shard["HashKeyRange"]["StartingHashKey"]),
                int(shard["HashKeyRange"]["EndingHashKey"]),
                shard["ShardId"],
            )
            for shard in found
        ]
        self._known = {shard.shard_id: shard for shard in all_shards}
        closed = {
            shard["ShardId"] for shard in found if "EndingSequenceNumber" in shard["SequenceNumberRange"]
        }
        self._open = sorted(shard for shard in all_shards if shard.shard_id not in closed)

    def of(self, hash_key: int) -> str:
        """Return the id of the open shard that a hash key belongs to."""
        return self._open[bisect.bisect(self._open, hash_key, key=lambda shard: shard.first) - 1].shard_id

    def holds(self, shard_id: str, hash_key: int) -> bool:
        """Tell whether a hash key belongs to a shard, open or closed; one that is not known holds nothing."""
        shard = self._known.get(shard_id)
        return shard is not None and shard.first <= hash_key <= shard.last
