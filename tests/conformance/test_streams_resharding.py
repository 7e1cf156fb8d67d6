"""A stream that is resharded loses nothing, and its shards are read parents first."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.streams import Streams, make_streams, refusal

HALF = str(2**127)
KEYS = [f"key-{index}" for index in range(8)]


@pytest.fixture(scope="module")
def on_engine(client: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Streams:
    folder: Path = tmp_path_factory.mktemp("resharding")
    return make_streams(client, folder, patience=60.0)


@pytest.fixture
def streams(request: pytest.FixtureRequest, on_engine: Streams) -> Streams:
    """The function on this engine; the stock one is not waited for as long."""
    stock = request.node.callspec.params["engine"] == "stock"
    return replace(on_engine, patience=1.0) if stock else on_engine


def put_round(streams: Streams, stream: str, number: int) -> None:
    """Put one record of every key, numbered."""
    streams.put_data(stream, [(key, json.dumps({"n": number}).encode()) for key in KEYS])


def shards(streams: Streams, stream: str) -> dict[str, dict[str, Any]]:
    return {
        each["ShardId"]: each for each in streams.client("kinesis").list_shards(StreamARN=stream)["Shards"]
    }


def test_a_parent_is_finished_before_its_children_and_nothing_is_lost_or_repeated(streams: Streams) -> None:
    stream, kinesis = streams.make_stream(), streams.client("kinesis")
    put_round(streams, stream, 0)
    kinesis.split_shard(StreamARN=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=HALF)
    put_round(streams, stream, 1)
    kinesis.merge_shards(
        StreamARN=stream, ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002"
    )
    put_round(streams, stream, 2)

    streams.map(stream, BatchSize=3)
    streams.wait(lambda: len(streams.numbers(stream)) >= 3 * len(KEYS))
    streams.settle()

    records = [record for call in streams.calls(stream) for record in call["records"]]
    for key in KEYS:
        assert [record["n"] for record in records if record["key"] == key] == [0, 1, 2]
    assert len(records) == 3 * len(KEYS)


def test_a_running_mapping_follows_a_stream_that_is_scaled(streams: Streams) -> None:
    stream, kinesis = streams.make_stream(shards=2), streams.client("kinesis")
    streams.map(stream, BatchSize=2, StartingPosition="LATEST")

    for number, target in enumerate([3, 2, 4, 2]):
        put_round(streams, stream, number)
        kinesis.update_shard_count(StreamARN=stream, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    put_round(streams, stream, 4)
    streams.wait(lambda: len(streams.numbers(stream)) >= 5 * len(KEYS))
    streams.settle()

    records = [record for call in streams.calls(stream) for record in call["records"]]
    for key in KEYS:
        assert [record["n"] for record in records if record["key"] == key] == [0, 1, 2, 3, 4]
    assert len(records) == 5 * len(KEYS)


def test_a_closed_shard_says_where_it_ended_and_is_read_to_its_end(streams: Streams) -> None:
    stream, kinesis = streams.make_stream(), streams.client("kinesis")
    (sequence,) = streams.put_data(stream, [("k", b"1")])

    kinesis.split_shard(StreamARN=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=HALF)

    found = shards(streams, stream)
    assert sorted(found) == ["shardId-000000000000", "shardId-000000000001", "shardId-000000000002"]
    assert found["shardId-000000000000"]["SequenceNumberRange"]["EndingSequenceNumber"] > sequence
    assert found["shardId-000000000001"]["ParentShardId"] == "shardId-000000000000"
    summary = kinesis.describe_stream_summary(StreamARN=stream)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2
    iterator = kinesis.get_shard_iterator(
        StreamARN=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    answer = kinesis.get_records(ShardIterator=iterator)
    assert [record["SequenceNumber"] for record in answer["Records"]] == [sequence]
    assert "NextShardIterator" not in answer
    assert [each["ShardId"] for each in answer["ChildShards"]] == [
        "shardId-000000000001",
        "shardId-000000000002",
    ]


def test_scaling_keeps_even_ranges_and_is_bounded(streams: Streams) -> None:
    stream, kinesis = streams.make_stream(shards=2), streams.client("kinesis")
    put_round(streams, stream, 0)

    kinesis.update_shard_count(StreamARN=stream, TargetShardCount=3, ScalingType="UNIFORM_SCALING")

    found = shards(streams, stream).values()
    opened = [each for each in found if "EndingSequenceNumber" not in each["SequenceNumberRange"]]
    assert sorted(int(each["HashKeyRange"]["StartingHashKey"]) for each in opened) == [
        index * (2**128 // 3) for index in range(3)
    ]
    too_many = {"StreamARN": stream, "TargetShardCount": 7, "ScalingType": "UNIFORM_SCALING"}
    assert refusal(lambda: kinesis.update_shard_count(**too_many))[0] == "InvalidArgumentException"


def test_only_neighbours_can_be_merged(streams: Streams) -> None:
    stream, kinesis = streams.make_stream(shards=3), streams.client("kinesis")
    pair = {"ShardToMerge": "shardId-000000000000", "AdjacentShardToMerge": "shardId-000000000002"}

    assert refusal(lambda: kinesis.merge_shards(StreamARN=stream, **pair))[0] == "InvalidArgumentException"
