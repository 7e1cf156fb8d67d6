"""Posts, records of a Kinesis stream, and an independent count: what the aggregator is held against."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any

from hypothesis import strategies as st

from stream.trends import Trends
from tests.unit.stream.fakes import FakeTrendsTable

STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/posts"
NOON = 1767355200.0  # 2026-01-02T12:00:00Z

_sequences = count(49_671_187_650_021_230_164_893_209_127_348_742_813_926_421_358_592_950_274, 7)


def moment(seconds: float) -> str:
    """Return a time so many seconds after noon as a post tells it."""
    return (
        datetime.fromtimestamp(NOON + seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def post(post_id: str, seconds: float, text: str, **more: Any) -> bytes:
    """Return a post that was made so many seconds after noon."""
    told = {"post_id": post_id, "created_at": moment(seconds), "text": text, **more}
    return json.dumps(told, ensure_ascii=False).encode()


def record(data: bytes, shard: int = 0, key: str = "a-key", arrived: float = 60) -> dict[str, Any]:
    """Return a record that arrived so many seconds after noon, behind every record made before."""
    sequence = str(next(_sequences))
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": key,
            "sequenceNumber": sequence,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": NOON + arrived,
        },
        "eventSource": "aws:kinesis",
        "eventID": f"shardId-{shard:012}:{sequence}",
        "eventSourceARN": STREAM,
    }


def varint(number: int) -> bytes:
    """Return a number as Protocol Buffers write it."""
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def field(number: int, value: bytes | int) -> bytes:
    """Return a field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def aggregated(parts: list[tuple[str, bytes]], hash_key: bool = False) -> bytes:
    """Return what the KPL makes of these partition keys and data."""
    keys = list(dict.fromkeys(key for key, _ in parts))
    message = b"".join(field(1, key.encode()) for key in keys)
    if hash_key:
        message += field(2, b"170141183460469231731687303715884105728")
    for key, data in parts:
        hashed = field(2, 0) if hash_key else b""
        message += field(3, field(1, keys.index(key)) + hashed + field(3, data))
    return b"\xf3\x89\x9a\xc2" + message + hashlib.md5(message).digest()  # noqa: S324 - the format's own


def counted(table: FakeTrendsTable) -> dict[tuple[str, str], int]:
    """Return what a table says of every window and hashtag."""
    found: Counter[tuple[str, str]] = Counter()
    for (pk, sk), item in table.items.items():
        if pk.startswith("counts#"):
            for hashtag, posts in json.loads(item["counts"]).items():
                found[sk.partition("#")[0], hashtag] += posts
    return dict(found)


def told(table: FakeTrendsTable, windows: set[str]) -> dict[tuple[str, str], int]:
    """Return what readers are told of these windows."""
    trends = Trends(table)  # type: ignore[arg-type]  # a fake
    return {
        (window, trend.hashtag): trend.count for window in windows for trend in trends.top(window, 10_000)[0]
    }


class Failures:
    """A bucket in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    def put(self, key: str, body: bytes) -> None:
        self.objects[key] = json.loads(body)

    @property
    def reasons(self) -> Counter[tuple[str, int, str]]:
        """Each rejected record once: its sequence number, its number in it, and the reason."""
        return Counter(
            {
                (each["sequenceNumber"], each["subSequenceNumber"], each["reason"])
                for found in self.objects.values()
                for each in found["rejections"]
            }
        )

    @property
    def data(self) -> set[bytes]:
        """What the rejected records hold."""
        return {
            base64.b64decode(each["kinesis"]["data"])
            for found in self.objects.values()
            for each in json.loads(found["payload"])["Records"]
        }


HASHTAGS = ["sonne", "meer", "a1", "東京", "été"]
TEXTS = st.lists(st.sampled_from([*HASHTAGS, "plain", "#"]), max_size=5).map(
    lambda words: " ".join(f"#{word}" if word in HASHTAGS else word for word in words)
)


def independent(posts: dict[str, tuple[float, str]]) -> dict[tuple[str, str], int]:
    """Count posts by id, time in seconds after noon and text, the plain way: minutes and words."""
    found: Counter[tuple[str, str]] = Counter()
    for seconds, text in posts.values():
        window = moment(seconds // 60 * 60)[:17] + "00Z"
        for word in set(text.casefold().split()):
            if word.startswith("#") and len(word) > 1:
                found[window, word[1:]] += 1
    return dict(found)
