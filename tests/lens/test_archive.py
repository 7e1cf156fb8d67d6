"""Getting records to S3: three ways, what they cost, and SQL on what is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.archive import PRICES as LIST
from benchmarks.archive import WAYS, Load, price
from tests import templates
from tests.archive import Archive, a_post, today
from tests.stack import Member, Stack, StreamApi

INTEGRATIONS = {
    "archivePosts": "lambda:path",
    "archivePostsDirectly": "firehose:action/PutRecordBatch",
    "cancelReport": "dynamodb:action/UpdateItem",
}


@pytest.mark.lens("COST-1")
@pytest.mark.lens("STR-3")
def test_a_post_gets_into_the_archive_on_each_way_and_sql_finds_it(stack: Stack, member: Member) -> None:
    archive, api = Archive(stack), StreamApi(stack["StreamApiUrl"], member.token)
    before = dict(archive.saved_query(today(), today()))
    posts = {way: a_post(f"#lens by the {way}") for way in WAYS}

    api.archive([posts["function"]])
    api.archive([posts["gateway"]], "gateway")
    record = {"Data": json.dumps(posts["client"]).encode()}
    member.aws("firehose").put_record_batch(DeliveryStreamName=stack["PostArchiveName"], Records=[record])

    archived = archive.wait_for(*(post["post_id"] for post in posts.values()))
    assert [archived[post["post_id"]] for post in posts.values()] == [*posts.values()]
    after = dict(archive.saved_query(today(), today()))
    assert int(after["lens"]) == int(before.get("lens", 0)) + len(WAYS)


@pytest.mark.lens("COST-1")
def test_their_costs_stand_side_by_side() -> None:
    costs = {way: price(way, 1, Load(), LIST) for way in WAYS}
    page = (templates.ROOT / "docs/services/archive.md").read_text()

    assert costs["function"] > costs["gateway"] > costs["client"]
    for cost in costs.values():
        assert f"| {cost:.3f} |" in page


@pytest.mark.lens("SERVCOST-3")
@pytest.mark.parametrize("operation", INTEGRATIONS)
def test_what_needs_no_decision_has_no_function(operation: str) -> None:
    integration: Any = templates.operations("stream")[operation]["x-amazon-apigateway-integration"]

    assert INTEGRATIONS[operation] in str(integration["uri"])


@pytest.mark.lens("STR-3")
def test_the_archive_is_compressed_encrypted_and_not_kept_for_ever() -> None:
    (stream,) = templates.resources("AWS::KinesisFirehose::DeliveryStream")
    bucket = next(one for one in templates.resources("AWS::S3::Bucket") if one.id == "ArchiveBucket")
    target = stream.properties["ExtendedS3DestinationConfiguration"]

    assert target["CompressionFormat"] == "GZIP"
    assert bucket.properties["BucketEncryption"]
    prefixes = {rule.get("Prefix") for rule in bucket.properties["LifecycleConfiguration"]["Rules"]}
    assert {"posts/", "errors/", "results/"} <= prefixes
