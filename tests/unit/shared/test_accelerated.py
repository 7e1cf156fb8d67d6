"""What goes through a cluster and what does not, and that a repository behaves the same with it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks import packages
from mobile.models import Post, PostChange
from mobile.posts import FEED, AnotherVersion, PostNotFound, Posts
from shared import tables
from shared.accelerated import AWAY_SECONDS, Accelerated, table
from shared.items import Item, from_attributes, to_attributes
from shared.tables import Table
from tests.templates import ROOT
from tests.unit.shared.conftest import lines

ANN, BEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
IDS = [f"01935d3e-8a40-7c9b-9f0a-5d0c3a1b2e{number:02d}" for number in range(10, 20)]


class Database:
    """DynamoDB, as far as posts ask it: items by key, two indexes, and the condition on a version."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.asked: list[str] = []

    def get_item(self, *, Key: Any, ConsistentRead: bool, **_: Any) -> Any:  # noqa: N803 - DynamoDB's
        self.asked.append("GetItem" + ("!" if ConsistentRead else ""))
        key = from_attributes(Key)
        item = self.items.get((key["pk"], key["sk"]))
        return {"Item": to_attributes(item)} if item else {}

    def put_item(self, *, Item: Any, ConditionExpression: str, **more: Any) -> Any:  # noqa: N803
        self.asked.append("PutItem")
        item = from_attributes(Item)
        there = self.items.get((item["pk"], item["sk"]))
        wanted = more.get("ExpressionAttributeValues", {}).get(":version", {}).get("N")
        if there is not None and ConditionExpression.startswith("attribute_not_exists"):
            raise refused(there)
        if wanted is not None and (there or {}).get("version") != int(wanted):
            raise refused(there or {})
        self.items[item["pk"], item["sk"]] = item
        return {}

    def query(self, *, ExpressionAttributeValues: Any, Limit: int, **more: Any) -> Any:  # noqa: N803
        self.asked.append("Query")
        names, values = more["ExpressionAttributeNames"], from_attributes(ExpressionAttributeValues)
        found = [
            item for item in self.items.values() if item.get(names["#partition"]) == values[":partition"]
        ]
        if "#sort" in names:
            least, greatest = values[":least"], values[":greatest"]
            found = [item for item in found if least <= item[names["#sort"]] <= greatest]
        found.sort(key=lambda item: item["post_id"], reverse=not more["ScanIndexForward"])
        after = from_attributes(more.get("ExclusiveStartKey", {})).get("post_id")
        if after:
            found = [item for item in found if (item["post_id"] < after) is not more["ScanIndexForward"]]
        page = found[:Limit]
        last = {"LastEvaluatedKey": to_attributes({"pk": page[-1]["pk"]})} if len(found) > Limit else {}
        return {"Items": [to_attributes(item) for item in page], **last}


def refused(item: Item) -> ClientError:
    error: Any = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": to_attributes(item)}
    return ClientError(error, "PutItem")


class Cluster:
    """DAX before a database: what it was asked once, it answers by itself, until `forget`."""

    def __init__(self, behind: Database) -> None:
        self._behind = behind
        self._kept: dict[str, Any] = {}
        self.asked: list[str] = []
        self.fault: Exception | None = None

    def __getattr__(self, operation: str) -> Any:
        def call(**asked: Any) -> Any:
            self.asked.append(operation)
            if self.fault:
                raise self.fault
            assert not asked.get("ConsistentRead"), "it would pass through"
            key = f"{operation}{sorted(asked.items(), key=str)}"
            if key not in self._kept:
                self._kept[key] = getattr(self._behind, operation)(**asked)
            return self._kept[key]

        return call

    def forget(self) -> None:
        """Let the time to live be over."""
        self._kept.clear()


def made(number: int, author: str = ANN, visibility: Any = "public", version: int = 1) -> Post:
    at = "2026-11-21T09:30:00.000Z"
    return Post(
        IDS[number], author, "ann", f"post {number}", [], [], visibility, at, at, version, in_reply_to=None
    )


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def cluster(database: Database) -> Cluster:
    return Cluster(database)


@pytest.fixture
def fast(database: Database, cluster: Cluster) -> Accelerated:
    client: Any = database
    through: Any = cluster
    return Accelerated("content", lambda: through, client)


def told(posts: Posts) -> Any:
    """Return what two members are told by every read that there is."""
    reads: list[Any] = [
        posts.listed(FEED, 3, None),
        posts.listed(FEED, 3, IDS[6]),
        posts.listed(IDS[0], 3, None, newest_first=False),
        posts.by_author(ANN, "public", 3, None),
        posts.by_author(ANN, "private", 3, None),
        posts.by_author(BEN, "private", 3, None),
        posts.get(ANN, IDS[3]),
    ]
    with pytest.raises(PostNotFound):
        posts.get(BEN, IDS[3])
    return reads


def test_a_repository_tells_the_same_with_a_cluster_as_without(fast: Accelerated, database: Database) -> None:
    plain: Any = database
    without, with_it = Posts(Table("content", plain)), Posts(fast)
    for number in range(8):
        with_it.add(made(number, ANN if number % 2 else BEN, "private" if number % 3 == 0 else "public"))

    assert told(with_it) == told(without) == told(with_it)


def test_reads_that_may_be_late_are_the_clusters_and_all_else_is_dynamodbs(
    fast: Accelerated, database: Database, cluster: Cluster
) -> None:
    posts = Posts(fast)
    posts.add(made(0))
    posts.get(ANN, IDS[0])
    posts.listed(FEED, 3, None)
    posts.listed(FEED, 3, None)
    fast.get({"pk": "MEMBER#1", "sk": "PROFILE"})

    assert database.asked == ["PutItem", "GetItem!", "Query", "GetItem"]
    assert cluster.asked == ["query", "query", "get_item"]


def test_a_list_is_late_by_the_time_to_live_and_a_post_is_not(fast: Accelerated, cluster: Cluster) -> None:
    posts = Posts(fast)
    posts.add(made(0))
    assert [post.version for post in posts.listed(FEED, 3, None)[0]] == [1]
    posts.change(ANN, IDS[0], 1, change("rewritten"))

    assert posts.get(ANN, IDS[0]).text == "rewritten"
    assert [post.version for post in posts.listed(FEED, 3, None)[0]] == [1]
    cluster.forget()
    assert [post.version for post in posts.listed(FEED, 3, None)[0]] == [2]


def test_of_two_changes_of_one_version_one_is_refused(fast: Accelerated) -> None:
    posts = Posts(fast)
    posts.add(made(0))
    posts.change(ANN, IDS[0], 1, change("first"))

    with pytest.raises(AnotherVersion):
        posts.change(ANN, IDS[0], 1, change("second"))


def change(text: str) -> PostChange:
    return PostChange(text)


@pytest.mark.parametrize(
    "fault",
    [
        OSError("connection refused"),
        TimeoutError(),
        UnicodeError("label too long"),
        ClientError({"Error": {"Code": "NoRouteException"}}, "Query"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "Query"),
    ],
    ids=["refused", "late", "no name", "no route", "busy"],
)
def test_a_cluster_that_is_away_makes_reads_slower_and_not_wrong(
    database: Database, cluster: Cluster, fault: Exception, stream: io.StringIO
) -> None:
    moment = 100.0
    client: Any = database
    through: Any = cluster
    posts = Posts(Accelerated("content", lambda: through, client, lambda: moment))
    posts.add(made(0))
    cluster.fault = fault

    found = [posts.listed(FEED, 3, None)[0] for _ in range(3)]

    assert [[post.post_id for post in page] for page in found] == [[IDS[0]]] * 3
    assert cluster.asked == ["query"]  # and is left alone for a while
    assert [line["message"] for line in lines(stream)] == ["dax did not answer"]
    cluster.fault, moment = None, moment + AWAY_SECONDS
    posts.listed(FEED, 3, None)
    assert cluster.asked == ["query", "query"]


def test_a_cluster_that_cannot_be_connected_to_is_away_too(database: Database) -> None:
    def nowhere() -> Any:
        raise OSError("no such host")

    client: Any = database
    posts = Posts(Accelerated("content", nowhere, client))
    posts.add(made(0))

    assert [post.post_id for post in posts.listed(FEED, 3, None)[0]] == [IDS[0]]


def test_without_an_endpoint_there_is_a_plain_table_and_no_client_of_dax(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "_client", object())

    assert type(table("content", "")) is Table
    assert type(table("content", "daxs://cluster.example.com")) is Accelerated
    assert "amazondax" not in sys.modules


def test_the_real_client_takes_every_such_read_and_its_absence_is_no_fault() -> None:
    """Up to its socket: the cluster's side of it is AWS's."""
    folders = [packages.layer("dax") / "python", *(ROOT / "layers" / name for name in ("shared", "mobile"))]
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, ROOT / "tests/unit/shared/dax_client.py"],
        env={
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
        check=True,
        capture_output=True,
        text=True,
    )

    *sent, away = json.loads(done.stdout.splitlines()[-1])
    assert [operation for operation, _ in sent] == ["get_item"] + ["query"] * 5
    assert all(size > 30 for _, size in sent)
    assert away == ["away", None]
