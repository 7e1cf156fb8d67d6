"""Firehose gathers records into objects, by size and by time, and compresses them."""

from __future__ import annotations

import gzip
import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

from local.engine.process import REGION
from tests.conformance.rest_api import trusting

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60
NEWLINES = {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord"}]}


class Archive:
    """A delivery stream into a bucket of its own."""

    def __init__(self, client: Callable[[str], Any], **settings: Any) -> None:
        self._s3, self._firehose = client("s3"), client("firehose")
        self.name = self.bucket = f"archive-{uuid.uuid4().hex[:8]}"
        self._s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        role = client("iam").create_role(
            RoleName=self.name, AssumeRolePolicyDocument=json.dumps(trusting("firehose"))
        )
        statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        client("iam").put_role_policy(RoleName=self.name, PolicyName="it", PolicyDocument=json.dumps(policy))
        self._firehose.create_delivery_stream(
            DeliveryStreamName=self.name,
            ExtendedS3DestinationConfiguration={
                "RoleARN": role["Role"]["Arn"],
                "BucketARN": f"arn:aws:s3:::{self.bucket}",
                **settings,
            },
        )

    def put(self, *records: bytes) -> None:
        self._firehose.put_record_batch(
            DeliveryStreamName=self.name, Records=[{"Data": data} for data in records]
        )

    def put_one(self, record: bytes) -> None:
        self._firehose.put_record(DeliveryStreamName=self.name, Record={"Data": record})

    def objects(self) -> dict[str, bytes]:
        found = self._s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        keys = [item["Key"] for item in found]
        return {key: self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def delivered(self) -> dict[str, bytes]:
        """Return what is there when something is."""
        deadline = time.monotonic() + SECONDS
        while not (found := self.objects()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found


def hints(seconds: int, mebibytes: int = 5) -> dict[str, int]:
    return {"IntervalInSeconds": seconds, "SizeInMBs": mebibytes}


def test_records_of_an_interval_make_one_object(client: Callable[[str], Any]) -> None:
    archive = Archive(client, BufferingHints=hints(2))

    archive.put_one(b"a")
    archive.put(b"b", b"c")
    archive.put_one(b"d")
    at_once = archive.objects()

    assert at_once == {}
    assert list(archive.delivered().values()) == [b"abcd"]


def test_each_interval_has_its_own(client: Callable[[str], Any]) -> None:
    archive = Archive(client, BufferingHints=hints(1))

    archive.put(b"a", b"b")
    archive.delivered()
    archive.put(b"c", b"d")
    deadline = time.monotonic() + SECONDS
    while len(archive.objects()) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)

    assert sorted(archive.objects().values()) == [b"ab", b"cd"]


def test_a_buffer_that_is_full_does_not_wait(client: Callable[[str], Any]) -> None:
    archive = Archive(client, BufferingHints=hints(900, mebibytes=1))
    half = b"x" * 600_000

    archive.put_one(half)
    waiting = archive.objects()
    archive.put_one(half)

    assert waiting == {}
    assert [len(body) for body in archive.objects().values()] == [1_200_000]


def test_without_an_interval_a_call_is_delivered_at_once_and_together(client: Callable[[str], Any]) -> None:
    archive = Archive(client, BufferingHints=hints(0))

    archive.put(b"a", b"b")

    assert list(archive.objects().values()) == [b"ab"]


def test_what_is_to_be_compressed_is_and_its_name_says_so(client: Callable[[str], Any]) -> None:
    archive = Archive(client, BufferingHints=hints(0), CompressionFormat="GZIP")

    archive.put_one(b"ab")

    ((key, body),) = archive.objects().items()
    assert key.endswith(".gz")
    assert gzip.decompress(body) == b"ab"


def test_a_delimiter_follows_each_record_where_it_is_asked_for(client: Callable[[str], Any]) -> None:
    archive = Archive(client, BufferingHints=hints(0), ProcessingConfiguration=NEWLINES)

    archive.put(b'{"a":1}', b'{"a":2}')

    assert list(archive.objects().values()) == [b'{"a":1}\n{"a":2}\n']


def test_an_object_is_named_after_its_prefix_its_stream_and_its_oldest_record(
    client: Callable[[str], Any],
) -> None:
    archive = Archive(
        client,
        BufferingHints=hints(2),
        CompressionFormat="GZIP",
        Prefix="posts/day=!{timestamp:yyyy-MM-dd}/",
        ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
    )
    before = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime())

    archive.put(b"a", b"b")
    after = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime())
    found = list(archive.delivered())

    assert len(found) == 1
    named = rf"posts/day=([\d-]+)/{archive.name}-1-(\d+-\d+-\d+-\d+-\d+-\d+)-[0-9a-f-]{{36}}\.gz"
    parts = re.fullmatch(named, found[0])
    assert parts, found
    assert before <= parts[2] <= after
    assert parts[2].startswith(parts[1])
