"""A record of a stream, as a mapping handles it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One record that was read from a shard.

    Parameters
    ----------
    position
        Where it stands in its shard, in the source's own count; a shard is read on "after this position".
    sequence
        Its sequence number, which is how a function names it in a partial batch response.
    key
        What order is kept for: the partition key of a Kinesis record, the primary key of an item.
    arrived
        When it came into the stream, in seconds since 1970.
    body
        The record as the function sees it in `Records`.
    size
        The bytes of `body` as JSON.
    """

    position: int
    sequence: str
    key: str
    arrived: float
    body: Mapping[str, Any]
    size: int
