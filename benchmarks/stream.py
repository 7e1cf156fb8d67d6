"""How fast posts are counted, beside only decoding them and beside the obvious way, and what that writes.

Three ways take the same batch of 10,000 posts of some 300 bytes, in this process, in turns:

- the floor: base64 (binascii) and a typed decode by msgspec of each record, nothing else;
- counting: all that aggregate_trends does with a batch, from the event to its transactions' parameters;
- the obvious way: Powertools' BatchProcessor record by record, json, the same hashtags, one UpdateItem each.

No request is sent. CPU time is taken, of each way's fastest round: what else runs on the machine takes caches
away, and a batch is larger than they are. The batch comes in two kinds, posts in ASCII and posts in many
scripts, and each of them also put together as the Kinesis Producer Library does: once alone, and once with
what Lambda's runtime has done before, and what is paid for too: json.loads of the whole event. What was put
together takes nearly as long as what was not: these two are compared within each round, and the median told.

Write units are computed from the items' sizes as DynamoDB bills them: a unit for each KB begun, and two in a
transaction. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import gc
import json
import os
import random
import statistics
import sys
import time
from binascii import a2b_base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from benchmarks.outcome import BenchmarkError, Check, Options, Outcome, progress
from loadtests.producer.aggregates import Aggregate
from loadtests.producer.posts import Wanted, lines

sys.path[:0] = [str(Path(__file__).parents[1] / "layers" / layer) for layer in ("shared", "stream")]

ROUNDS = 21
POSTS = 10_000
PUT_TOGETHER = 100
EVENT_BYTES = 6 * 1024 * 1024
"""How long an event is at most: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
BATCHES = (10_000, 5_000, 1_000, 100)
BEGIN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SECONDS = 300
SHARD_BYTES = 1024 * 1024
"""A shard takes a second: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html."""
FLOOR, OBVIOUS, WRITES, TOGETHER, SHARDS = 0.4, 3.0, 20.0, 1.0, 5.0
"""To be reached: of the floor, times the obvious way, times fewer write units, put together times plain, and
times a shard's bytes a core: what waits after a pause has to be caught up with."""

Event = dict[str, Any]


def run(options: Options) -> Outcome:
    """Measure all three ways on both kinds of posts."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    rounds = options.rounds or ROUNDS
    kinds = {
        "ASCII": plain_posts(),
        "many scripts": list(lines(Wanted(posts=POSTS, begin=BEGIN, seconds=SECONDS))),
    }
    figures: dict[str, Any] = {"rounds": rounds}
    checks: list[Check] = []
    text = [f"Counting {POSTS:,} posts of one batch; the fastest of {rounds} rounds in turns"]
    for kind, posts in kinds.items():
        found = figures[kind] = measured(posts, rounds, kind) | written(posts)
        found["posts of an event"] = [held(event(posts)), held(put_together(posts))]
        text += ["", f"{kind}: {sum(map(len, posts)) / POSTS:.0f} bytes a post", *told(found)]
        checks += [
            Check(f"{what} ({kind})", round(measure, 2), limit, at_least=True)
            for what, measure, limit in (
                ("counting, of the floor", found["of the floor"], FLOOR),
                ("counting, times the obvious", found["times the obvious"], OBVIOUS),
                ("put together, times plain", found["put together, times plain"], TOGETHER),
                ("put together, times plain, with the event", found["the same, with the event"], TOGETHER),
                ("a core counts, times a shard's bytes", found["times a shard's bytes"], SHARDS),
                ("write units, times fewer", found["times fewer writes"][POSTS], WRITES),
            )
        ]
    return Outcome("\n".join(text), figures, checks)


def plain_posts() -> list[bytes]:
    """Return posts in ASCII whose hashtags are as uneven as those of people."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    words = (
        "lorem",
        "ipsum",
        "dolor",
        "amet",
        "consectetur",
        "adipiscing",
        "elit",
        "sed",
        "tempor",
        "aliqua",
    )
    weights = [1 / (rank + 1) for rank in range(200)]
    posts = []
    for number in range(POSTS):
        made = BEGIN + timedelta(seconds=SECONDS * number / POSTS)
        several = chance.choices((0, 1, 2, 3), (1, 4, 3, 2))[0]
        tags = [f"#Tag{rank}" for rank in chance.choices(range(200), weights, k=several)]
        posts.append(json.dumps({
            "post_id": str(10**18 + number * 1009 + chance.randrange(1000)),
            "created_at": f"{made:%Y-%m-%dT%H:%M:%S}.{chance.randrange(1000):03}Z",
            "user": {"id": chance.randrange(10**9), "name": f"user{chance.randrange(10**6)}"},
            "text": " ".join([*chance.choices(words, k=21), *tags]),
            "lang": chance.choice(("en", "es", "de")),
            "reposts": chance.randrange(1000),
        }, separators=(",", ":")).encode())  # fmt: skip
    return posts


def event(data: list[bytes]) -> Event:
    """Return what Lambda would call the function with."""
    from binascii import b2a_base64  # noqa: PLC0415 - only here

    arrived = (BEGIN + timedelta(seconds=SECONDS)).timestamp()
    records = []
    for number, each in enumerate(data):
        sequence = str(49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898 + number)
        records.append({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": f"key-{number}",
                "sequenceNumber": sequence,
                "data": b2a_base64(each, newline=False).decode(),
                "approximateArrivalTimestamp": arrived,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"shardId-000000000006:{sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
            "awsRegion": "us-east-2",
            "eventSourceARN": "arn:aws:kinesis:us-east-2:123456789012:stream/posts",
        })  # fmt: skip
    return {"Records": records}


def held(given: Event) -> int:
    """Return how many posts an event can hold that is as long as Lambda takes, made as this one is."""
    return EVENT_BYTES * POSTS // len(json.dumps(given, separators=(",", ":")))


def put_together(posts: list[bytes]) -> Event:
    """Return the posts as the KPL sends them."""
    whole = []
    for first in range(0, len(posts), PUT_TOGETHER):
        record = Aggregate(1 << 20)
        for post in posts[first : first + PUT_TOGETHER]:
            record.add(json.loads(post)["post_id"], post)
        whole.append(bytes(record))
    return event(whole)


class Unsent:
    """A client of DynamoDB that keeps what it would send."""

    def __init__(self) -> None:
        self.transactions: list[list[dict[str, Any]]] = []
        self.queries = 0

    def get_item(self, **_: Any) -> dict[str, Any]:
        """Answer that there is no such item."""
        return {}

    def query(self, **_: Any) -> dict[str, Any]:
        """Answer that there are none."""
        self.queries += 1
        return {"Items": []}

    def transact_write_items(self, **asked: Any) -> dict[str, Any]:
        """Keep the transaction, and answer that it is done."""
        self.transactions.append(asked["TransactItems"])
        return {}


class Nothing:
    """Where rejected records go: there are none."""

    def put(self, key: str, body: bytes) -> None:
        """Refuse: the batch is good."""
        raise BenchmarkError(f"{len(body)} bytes of posts were rejected as {key}")


def counting(dynamodb: Unsent) -> Any:
    """Return an environment's aggregator that has seen nothing yet."""
    from shared.tables import Table  # noqa: PLC0415 - the layers are on the path from here on
    from stream.counting import Aggregator  # noqa: PLC0415
    from stream.posts import Bounds  # noqa: PLC0415
    from stream.windows import Windows  # noqa: PLC0415

    table = Table("trends", cast("Any", dynamodb))
    return Aggregator(table, Nothing(), Windows(60), Bounds(late=86400, early=300), keep=30 * 86400)


def obvious(given: Event) -> list[dict[str, Any]]:
    """Build an UpdateItem for each hashtag of each post, as one would at first."""
    from aws_lambda_powertools.utilities.batch import (  # noqa: PLC0415
        BatchProcessor,
        EventType,
        process_partial_response,
    )

    from stream.hashtags import find  # noqa: PLC0415

    requests: list[dict[str, Any]] = []

    def handle(record: Any) -> None:
        post = record.kinesis.data_as_json()
        requests.extend(
            {
                "TableName": "trends",
                "Key": {"hashtag": {"S": hashtag}, "window": {"S": post["created_at"][:16]}},
                "UpdateExpression": "ADD posts :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
            for hashtag in {each.casefold() for each in find(post["text"])}
        )

    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
    answer = process_partial_response(given, handle, processor, cast("Any", None))
    if answer["batchItemFailures"]:
        raise BenchmarkError("the obvious way did not get through")
    return requests


def measured(posts: list[bytes], rounds: int, kind: str) -> dict[str, Any]:
    """Time the ways in turns."""
    from stream.posts import decode  # noqa: PLC0415

    plain, together = event(posts), put_together(posts)
    plain_text, together_text = json.dumps(plain), json.dumps(together)

    def floor() -> None:
        for record in plain["Records"]:
            decode(a2b_base64(record["kinesis"]["data"]))

    ways: dict[str, Callable[[], object]] = {
        "floor": floor,
        "counting": lambda: counting(Unsent()).take(plain["Records"]),
        "counting, put together": lambda: counting(Unsent()).take(together["Records"]),
        "counting, with the event": lambda: counting(Unsent()).take(json.loads(plain_text)["Records"]),
        "counting, put together, with the event": lambda: counting(Unsent()).take(
            json.loads(together_text)["Records"]
        ),
        "obvious": lambda: obvious(plain),
    }
    for way in ways.values():
        way()  # unmeasured: modules are loaded and expressions compiled
    gc.collect()
    gc.freeze()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    turns = random.Random(0)  # noqa: S311 - a shuffle, the same at every run
    for done in range(rounds):
        progress(f"stream: {kind}, round {done + 1} of {rounds}")
        for name in turns.sample(list(ways), len(ways)):
            began = time.process_time()
            ways[name]()
            taken[name].append(time.process_time() - began)
    gc.unfreeze()

    def ratio(one: str, other: str) -> float:
        return min(taken[one]) / min(taken[other])

    def within_rounds(one: str, other: str) -> float:
        return statistics.median(a / b for a, b in zip(taken[one], taken[other], strict=True))

    return {
        "records a second": {name: POSTS / min(values) for name, values in taken.items()},
        "of the floor": ratio("floor", "counting"),
        "times the obvious": ratio("obvious", "counting"),
        "put together, times plain": within_rounds("counting", "counting, put together"),
        "the same, with the event": within_rounds(
            "counting, with the event", "counting, put together, with the event"
        ),
        "times a shard's bytes": sum(map(len, posts)) / min(taken["counting"]) / SHARD_BYTES,
    }


def written(posts: list[bytes]) -> dict[str, Any]:
    """Compute the write units of a thousand posts, in batches of several sizes and the obvious way."""
    usual = len(obvious(event(posts))) * 1000 / POSTS
    ours: dict[int, float] = {}
    for length in BATCHES:
        client = Unsent()
        aggregator = counting(client)
        for first in range(0, POSTS, length):
            given = event(posts[first : first + length])["Records"]
            for place, record in enumerate(given):  # later than the batch before
                sequence = str(10**40 + first + place)
                record["kinesis"]["sequenceNumber"] = sequence
            aggregator.take(given)
        sizes = [item_size(write["Update"]) for each in client.transactions for write in each]
        units = sum(2 * -(-size // 1024) for size in sizes)
        ours[length] = units * 1000 / POSTS
    return {
        "write units a thousand": ours,
        "obvious write units a thousand": usual,
        "times fewer writes": {size: usual / units for size, units in ours.items()},
    }


def item_size(update: dict[str, Any]) -> int:
    """Return how many bytes an item has that this update makes.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    names = update["ExpressionAttributeNames"]
    values = update["ExpressionAttributeValues"]
    attributes = dict(update["Key"])
    for assignment in update["UpdateExpression"].removeprefix("SET ").split(", "):
        name, value = assignment.split(" = ")
        attributes[names[name]] = values[value]
    return sum(len(name.encode()) + value_size(value) for name, value in attributes.items())


def value_size(value: dict[str, Any]) -> int:
    """Return how many bytes a text, a number or bytes have."""
    ((kind, held),) = value.items()
    if kind == "N":
        return 1 + -(-len(held.strip("0")) // 2)
    return len(held.encode()) if kind == "S" else len(held)


def told(found: dict[str, Any]) -> list[str]:
    """Return the figures for a reader."""
    result = [
        f"  {name:46}{rate / 1000:8.0f} thousand records a second"
        for name, rate in found["records a second"].items()
    ]
    ratios = (
        "of the floor",
        "times the obvious",
        "put together, times plain",
        "the same, with the event",
        "times a shard's bytes",
    )
    result += [f"  counting, {name:36}{found[name]:8.2f}" for name in ratios]
    plain, together = found["posts of an event"]
    result.append(f"  posts that an event of 6 MB holds             {plain:9,}   put together {together:,}")
    for size, units in found["write units a thousand"].items():
        fewer = found["times fewer writes"][size]
        result.append(
            f"  write units a thousand posts, batches of {size:6,}{units:8.0f}   {fewer:.0f} times fewer"
        )
    result.append(
        f"  write units a thousand posts, the obvious way  {found['obvious write units a thousand']:8.0f}"
    )
    return result
