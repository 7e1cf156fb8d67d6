"""A Kinesis shard that is split or merged is closed, and stays readable until its records expire.

The stock engine deletes the parent shards, with all that was not read yet, and UpdateShardCount drops every
record of the stream.

After https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html (OPEN,
CLOSED and EXPIRED shards; the parent's ending sequence number; a closed shard's last iterator is null) and
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html (uniform scaling is splits
and merges, at most to twice and at least to half the open shards). A subscription of enhanced fan-out that is
open while its shard is closed gets no ChildShards.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import kinesis

ENDING = "ending_sequence_number"

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]
Action = Callable[[Json], Response]


class RefusedError(Exception):
    """The request is refused; the message is AWS's, `code` its error."""

    def __init__(self, message: str, code: str = "InvalidArgumentException") -> None:
        super().__init__(message)
        self.code = code


def fill() -> None:
    """Close shards where the engine deletes them."""
    kinesis._route_to_shard = _route
    kinesis._split_shard = _answering(_split)
    kinesis._merge_shards = _answering(_merge)
    kinesis._update_shard_count = _answering(_scale)
    kinesis._shard_out = _telling_the_end(kinesis._shard_out)
    kinesis._describe_stream_summary = _counting_open_shards(kinesis._describe_stream_summary)
    kinesis._get_records = _ending(kinesis._get_records)


def _open_shards(stream: Json) -> dict[str, Json]:
    """Return the shards that take records, in the order of their hash keys."""
    found = [(shard_id, shard) for shard_id, shard in stream["shards"].items() if ENDING not in shard]
    return dict(sorted(found, key=lambda each: int(each[1]["starting_hash_key"])))


def _route(hash_key: int, stream: Json) -> str:
    return next(
        shard_id
        for shard_id, shard in _open_shards(stream).items()
        if int(shard["starting_hash_key"]) <= hash_key <= int(shard["ending_hash_key"])
    )


def _reshard(stream: Json, parents: list[str], ranges: list[tuple[int, int]]) -> list[str]:
    """Close the parents and open a child for each range of hash keys; return the children's ids.

    The stream's shards are replaced in one step: a reader on another thread never sees a parent missing.
    """
    oldest = time.time() - stream["RetentionPeriodHours"] * 3600
    shards = {
        shard_id: shard
        for shard_id, shard in stream["shards"].items()
        if ENDING not in shard or shard["records"] or shard["closed_at"] > oldest
    }
    for parent in parents:
        shards[parent] |= {ENDING: kinesis._next_sequence_number(), "closed_at": time.time()}
    first = kinesis._max_shard_index(stream) + 1
    children = [f"shardId-{first + index:012d}" for index in range(len(ranges))]
    for child, (start, end) in zip(children, ranges, strict=True):
        shards[child] = {
            "records": [],
            "starting_hash_key": str(start),
            "ending_hash_key": str(end),
            "starting_sequence_number": kinesis._next_sequence_number(),
            "parent_shard_id": parents[0],
            "adjacent_parent_shard_id": parents[1] if len(parents) > 1 else None,
        }
    stream["shards"] = shards
    return children


def _range(shard: Json) -> tuple[int, int]:
    return int(shard["starting_hash_key"]), int(shard["ending_hash_key"])


def _open_shard(stream: Json, shard_id: str) -> Json:
    if shard_id not in stream["shards"]:
        message = f"Could not find shard {shard_id} in stream {stream['StreamName']}."
        raise RefusedError(message, "ResourceNotFoundException")
    shard: Json = stream["shards"][shard_id]
    if ENDING in shard:
        raise RefusedError(f"Shard {shard_id} in stream {stream['StreamName']} is closed.")
    return shard


def _split(stream: Json, request: Json) -> Json:
    shard_id = request.get("ShardToSplit", "")
    start, end = _range(_open_shard(stream, shard_id))
    middle = int(request.get("NewStartingHashKey") or 0)
    if not start < middle <= end:
        raise RefusedError(f"NewStartingHashKey {middle} is not inside the range of shard {shard_id}.")
    _reshard(stream, [shard_id], [(start, middle - 1), (middle, end)])
    return {}


def _merge(stream: Json, request: Json) -> Json:
    named = [request.get("ShardToMerge", ""), request.get("AdjacentShardToMerge", "")]
    (start, end), (next_start, next_end) = sorted(_range(_open_shard(stream, each)) for each in named)
    if end + 1 != next_start:
        raise RefusedError(f"Shards {named[0]} and {named[1]} are not an adjacent pair.")
    _reshard(stream, named, [(start, next_end)])
    return {}


def _scale(stream: Json, request: Json) -> Json:
    current, target = len(_open_shards(stream)), int(request.get("TargetShardCount") or 0)
    if target > 2 * current:
        raise RefusedError("UpdateShardCount cannot scale up over double your current open shard count.")
    if 2 * target < current:
        raise RefusedError("UpdateShardCount cannot scale down below half your current open shard count.")
    if target != current:
        _scale_evenly(stream, target)
    return {
        "StreamName": stream["StreamName"],
        "CurrentShardCount": current,
        "TargetShardCount": target,
        "StreamARN": stream["StreamARN"],
    }


def _scale_evenly(stream: Json, target: int) -> None:
    """Split at every bound of the even ranges that is inside a shard, then merge what is in one range."""
    ranges = [(int(start), int(end)) for start, end in kinesis._compute_hash_ranges(target)]
    for bound, _end in ranges[1:]:
        shard_id = _route(bound, stream)
        start, end = _range(stream["shards"][shard_id])
        if start < bound:
            _reshard(stream, [shard_id], [(start, bound - 1), (bound, end)])
    for start, end in ranges:
        inside = [
            shard_id
            for shard_id, shard in _open_shards(stream).items()
            if start <= int(shard["starting_hash_key"]) <= end
        ]
        functools.reduce(functools.partial(_merged, stream), inside)


def _merged(stream: Json, left: str, right: str) -> str:
    start, end = _range(stream["shards"][left])[0], _range(stream["shards"][right])[1]
    return _reshard(stream, [left, right], [(start, end)])[0]


def _stream(request: Json) -> Json:
    name, stream = kinesis._resolve_stream(request)
    if not stream:
        raise RefusedError(f"Stream {name} not found", "ResourceNotFoundException")
    found: Json = stream
    return found


def _answering(action: Callable[[Json, Json], Json]) -> Action:
    def answer(request: Json) -> Response:
        try:
            body = action(_stream(request), request)
        except RefusedError as refused:
            response: Response = error_response_json(refused.code, str(refused), HTTPStatus.BAD_REQUEST)
            return response
        return HTTPStatus.OK, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()

    return answer


def _telling_the_end(shard_out: Callable[[str, Json], Json]) -> Callable[[str, Json], Json]:
    @functools.wraps(shard_out)
    def with_end(shard_id: str, shard: Json) -> Json:
        described = shard_out(shard_id, shard)
        if ENDING in shard:
            described["SequenceNumberRange"]["EndingSequenceNumber"] = shard[ENDING]
        return described

    return with_end


def _counting_open_shards(describe: Action) -> Action:
    @functools.wraps(describe)
    def summary(request: Json) -> Response:
        status, headers, body = describe(request)
        stream = kinesis._resolve_stream(request)[1]
        if not stream:
            return status, headers, body
        answer = json.loads(body)
        answer["StreamDescriptionSummary"]["OpenShardCount"] = len(_open_shards(stream))
        return status, headers, json.dumps(answer).encode()

    return summary


def _ending(get_records: Action) -> Action:
    @functools.wraps(get_records)
    def until_the_end(request: Json) -> Response:
        status, headers, body = get_records(request)
        if status >= HTTPStatus.BAD_REQUEST:
            return status, headers, body
        answer = json.loads(body)
        following = kinesis._shard_iterators[answer["NextShardIterator"]]
        shards = kinesis._streams[following["stream"]]["shards"]
        shard = shards[following["shard_id"]]
        if ENDING in shard and following["position"] >= len(shard["records"]):
            del kinesis._shard_iterators[answer.pop("NextShardIterator")]
            answer["ChildShards"] = _children(shards, following["shard_id"])
        return status, headers, json.dumps(answer).encode()

    return until_the_end


def _children(shards: Json, parent: str) -> list[Json]:
    return [
        {
            "ShardId": shard_id,
            "ParentShards": parents,
            "HashKeyRange": {
                "StartingHashKey": shard["starting_hash_key"],
                "EndingHashKey": shard["ending_hash_key"],
            },
        }
        for shard_id, shard in shards.items()
        if parent in (parents := [each for each in _parents(shard) if each])
    ]


def _parents(shard: Json) -> tuple[str | None, str | None]:
    return shard["parent_shard_id"], shard["adjacent_parent_shard_id"]
