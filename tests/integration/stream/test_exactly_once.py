"""The proof: what the API tells of a file of posts is what an independent count of the file says, exactly.

While a producer sends the file, a shard is split, the consumer's process is killed, its mapping is disabled
and enabled again, and the two shards are merged. The suite sends a few thousand posts;

    make test ARGS="tests/integration/stream/test_exactly_once.py --posts 100000"

sends a hundred thousand.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.posts import eventually, rejections
from tests.processes import kill, running
from tests.stack import Stack, StreamApi
from tests.trends import Counts, File, producer, told

SEED = 20_261_121
DUPLICATES, POISON = 0.05, 0.002
POSTS_A_SECOND = 5_000
LEAST_SECONDS = 6
"""For how long posts are sent at least: there is much to do meanwhile."""
OVER_SECONDS = 420


@pytest.fixture(scope="module")
def file(trends: StreamApi, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> File:
    """Posts of the last minutes from a fixed seed, some twice, and lines that are none."""
    path = tmp_path_factory.mktemp("posts") / "posts.jsonl"
    begin = datetime.now(UTC) - timedelta(seconds=OVER_SECONDS)
    producer(
        *("--write", str(path), "--posts", str(pytestconfig.getoption("--posts")), "--seed", str(SEED)),
        *("--begin", begin.isoformat(), "--over", str(OVER_SECONDS)),
        *("--duplicates", str(DUPLICATES), "--poison", str(POISON)),
    ).wait(timeout=300)
    return File.read(path, trends.windows().json()["window_seconds"])


class Consumer:
    """What reads the stream, and ways to disturb it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._kinesis, self._lambda = stack.client("kinesis"), stack.client("lambda")
        self._name = stack["PostStreamName"]
        self._function = stack.physical_id("stream", "AggregateTrends")
        mappings = self._lambda.list_event_source_mappings(FunctionName=self._function)
        (self._mapping,) = [one["UUID"] for one in mappings["EventSourceMappings"]]

    def kill(self) -> int:
        """Kill every process that runs the function, as soon as one does; return how many did.

        AWS lets nobody do this.
        """
        eventually(lambda: bool(running(self._function)))
        return kill(running(self._function))

    def pause(self, seconds: float) -> None:
        """Disable the mapping for some time."""
        self._switch(on=False)
        time.sleep(seconds)
        self._switch(on=True)

    def _switch(self, *, on: bool) -> None:
        self._lambda.update_event_source_mapping(UUID=self._mapping, Enabled=on)
        eventually(
            lambda: (
                self._lambda.get_event_source_mapping(UUID=self._mapping)["State"]
                == ("Enabled" if on else "Disabled")
            )
        )

    @property
    def shards(self) -> list[dict[str, Any]]:
        """The open shards, by their hash keys."""
        found = self._kinesis.list_shards(StreamName=self._name)["Shards"]
        opened = [shard for shard in found if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
        return sorted(opened, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))

    def split(self) -> None:
        """Split the first shard in half."""
        bounds = self.shards[0]["HashKeyRange"]
        middle = (int(bounds["StartingHashKey"]) + int(bounds["EndingHashKey"])) // 2
        self._kinesis.split_shard(
            StreamName=self._name, ShardToSplit=self.shards[0]["ShardId"], NewStartingHashKey=str(middle)
        )
        self._settle()

    def merge(self) -> None:
        """Merge the first two shards."""
        first, second, *_ = (shard["ShardId"] for shard in self.shards)
        self._kinesis.merge_shards(StreamName=self._name, ShardToMerge=first, AdjacentShardToMerge=second)
        self._settle()

    def _settle(self) -> None:
        eventually(
            lambda: (
                self._kinesis.describe_stream_summary(StreamName=self._name)["StreamDescriptionSummary"][
                    "StreamStatus"
                ]
                == "ACTIVE"
            )
        )


def test_the_api_tells_what_the_file_says_whatever_happens_meanwhile(
    stream: Stack, trends: StreamApi, file: File, capsys: pytest.CaptureFixture[str]
) -> None:
    consumer = Consumer(stream)
    before, rejected, shards = told(trends, file.windows), rejections(stream), len(consumer.shards)
    seconds = max(LEAST_SECONDS, file.lines / POSTS_A_SECOND)
    began = time.monotonic()

    sending = producer("--file", str(file.path), "--rate", str(file.lines / seconds), "--json")
    time.sleep(seconds / 6)
    consumer.split()
    time.sleep(seconds / 6)
    killed = consumer.kill() if stream.on_this_machine else 0
    time.sleep(seconds / 6)
    consumer.pause(seconds / 6)
    time.sleep(seconds / 6)
    consumer.merge()
    sent = json.loads(sending.communicate(timeout=300)[0])
    wait_for(trends, file, before)
    drained = time.monotonic() - began
    time.sleep(2)  # what would be counted twice has time to be
    counted = told(trends, file.windows)
    counted.subtract(before)

    with capsys.disabled():
        print(f"\n    the file    {summary(file.counts)}, {file.duplicates:,} duplicates left out")
        print(f"    the API     {summary(counted)}")
        print(
            f"    on the way  {sent['read']:,} lines in {sent['records']:,} records, {file.poison.total():,} "
            f"poison, {sent['misplaced']:,} sent again after the split; {killed} killed; {drained:.0f} s"
        )
    assert sent["adds_up"] is True
    assert (sent["read"], sent["delivered"]) == (file.lines, file.lines)
    assert (sent["duplicates"], sent["poison"]) == (file.duplicates, file.poison.total())
    assert +counted == file.counts
    assert -counted == Counter()
    assert rejections(stream).keys() - rejected.keys() == set(file.poison)
    assert len(consumer.shards) == shards
    assert killed or not stream.on_this_machine


def wait_for(trends: StreamApi, file: File, before: Counts) -> None:
    """Wait until every window has as many hashtags more as the file says: read anew, those that lack some."""
    lacking = set(file.windows)

    def none_lacks_any() -> bool:
        for window in sorted(lacking):
            expected = sum(posts for (begin, _), posts in (file.counts + before).items() if begin == window)
            if sum(trends.counts(window).values()) >= expected:
                lacking.remove(window)
        return not lacking

    eventually(none_lacks_any)


def summary(counts: Counts) -> str:
    """Say in a line what was counted, so that two lines can be compared."""
    used = +counts
    (window, hashtag), most = min(used.items(), key=lambda each: (-each[1], each[0]))
    return (
        f"{used.total():,} hashtags of {len({window for window, _ in used})} windows, "
        f"{len(used):,} different; #{hashtag} {most:,} times at {window[11:16]}"
    )


def test_a_hashtags_history_is_the_files(stream: Stack, trends: StreamApi, file: File) -> None:
    """After the test above: the same counts, hashtag by hashtag."""
    assert stream
    counts = told(trends, file.windows)
    common = Counter(hashtag for _, hashtag in file.counts.elements()).most_common(3)
    for hashtag, _ in common:
        answer = trends.history(hashtag.upper(), since=file.windows[0], until=file.windows[-1], limit=1000)
        points = {point["window_start"]: point["count"] for point in answer.json()["items"]}
        assert points == {
            window: counts[window, hashtag] for window in file.windows if counts[window, hashtag]
        }
