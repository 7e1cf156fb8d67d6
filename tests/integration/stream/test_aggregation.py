"""Posts in the stream become counts, and what is no post is kept with the reason."""

from __future__ import annotations

import json
import secrets

from tests.posts import eventually, now, post, put, rejections
from tests.stack import Stack, StreamApi
from tests.unit.stream.shards import aggregated


def test_posts_are_counted_once_and_their_bad_neighbours_are_kept_with_the_reason(
    stream: Stack, trends: StreamApi
) -> None:
    tag, moment, mark = f"t{secrets.token_hex(6)}", now(), secrets.token_bytes(8)
    window = f"{moment[:17]}00Z"
    ours = [post(f"Sun #{tag.upper()} #{tag}_{number % 2}", created_at=moment) for number in range(30)]
    bad = {
        b"\xff" + mark: "NOT_UTF8",
        b"no json " + mark.hex().encode(): "NOT_JSON",
        json.dumps({"post_id": mark.hex()}).encode(): "WRONG_SHAPE",
        b"\xf3\x89\x9a\xc2" + mark * 4: "DAMAGED_AGGREGATE",
        post(f"#{tag}", created_at=now(-90_000)): "TOO_LATE",
        post(f"#{tag}", created_at=now(3_600)): "FROM_THE_FUTURE",
    }

    put(stream, *ours[:20], *bad)
    put(stream, aggregated([(secrets.token_hex(8), each) for each in [*ours[10:], ours[0]]]), *ours[:5])

    def done() -> bool:
        counts = trends.counts(window)
        assert counts.get(tag, 0) <= 30
        return counts.get(tag) == 30 and bad.keys() <= rejections(stream).keys()

    eventually(done)
    counts = trends.counts(window)
    assert {name: count for name, count in counts.items() if name.startswith(tag)} == {
        tag: 30,
        f"{tag}_0": 15,
        f"{tag}_1": 15,
    }
    assert bad.items() <= rejections(stream).items()


def test_a_message_tells_of_each_object_with_what_was_rejected(stream: Stack) -> None:
    mark = secrets.token_bytes(16)
    put(stream, mark)

    eventually(lambda: mark in rejections(stream))

    def told() -> bool:
        answer = stream.client("sqs").get_queue_attributes(
            QueueUrl=stream["FailureQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"]) > 0

    eventually(told)
