"""Getting records to S3: three ways, what they cost, and SQL on what is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import yaml

from benchmarks.archive import PRICES as LIST
from benchmarks.archive import WAYS, Load, price
from tests import templates
from tests.archive import Archive, a_post, today
from tests.stack import SECONDS, Member, Stack, StreamApi

INTEGRATIONS = {
    "archivePosts": "lambda:path",
    "archivePostsDirectly": "firehose:action/PutRecordBatch",
    "cancelReport": "dynamodb:action/UpdateItem",
}


@pytest.mark.lens("COST-1")
@pytest.mark.lens("STR-3")
def test_a_post_gets_into_the_archive_on_each_way_and_sql_finds_it(
    stream: Stack, trends: StreamApi, member: Member
) -> None:
    archive = Archive(stream)
    before = dict(archive.saved_query(today(), today()))
    posts = {way: a_post(f"#lens by the {way}") for way in WAYS}

    trends.archive([posts["function"]])
    trends.archive([posts["gateway"]], "gateway")
    record = {"Data": json.dumps(posts["client"]).encode()}
    member.aws("firehose").put_record_batch(DeliveryStreamName=stream["PostArchiveName"], Records=[record])

    archived = archive.wait_for(*(post["post_id"] for post in posts.values()))
    assert [archived[post["post_id"]] for post in posts.values()] == [*posts.values()]
    after = dict(archive.saved_query(today(), today()))
    assert int(after["lens"]) == int(before.get("lens", 0)) + len(WAYS)


@pytest.mark.lens("COST-1")
@pytest.mark.lens("SERVCOST-1")
def test_their_costs_stand_side_by_side() -> None:
    costs = {way: price(way, 1, Load(), LIST) for way in WAYS}
    page = (templates.ROOT / "docs/services/archive.md").read_text()

    assert costs["function"] > costs["gateway"] > costs["client"]
    for cost in costs.values():
        assert f"| {cost:.3f} |" in page


@pytest.mark.lens("FLOW-2")
@pytest.mark.lens("SERVREL-3")
def test_a_report_is_polled_to_its_end_and_another_is_cancelled(trends: StreamApi) -> None:
    given_up = trends.ask(today(), today()).json()["report_id"]
    cancelled = trends.cancel(given_up)
    begun = trends.ask(today(), today())
    ended = trends.follow(begun.json()["report_id"])

    assert (begun.status_code, begun.json()["status"]) == (202, "RUNNING")
    assert (cancelled.status_code, trends.report(given_up).json()["status"]) == (200, "CANCELLED")
    assert (ended["status"], ended["query_state"]) == ("SUCCEEDED", "SUCCEEDED")
    assert ended["polls"] >= 1
    assert requests.get(ended["result"]["url"], timeout=SECONDS).text.startswith('"hashtag","posts"')


@pytest.mark.lens("FLOW-2")
@pytest.mark.lens("SERVCOST-4")
def test_a_report_waits_polls_and_decides_without_a_function() -> None:
    states = yaml.safe_load((templates.ROOT / "statemachines/trend_report.asl.yaml").read_text())["States"]
    tasks = [state["Resource"] for state in states.values() if state["Type"] == "Task"]
    polls = [choice["Condition"] for choice in states["Decide"]["Choices"] if "$polls" in choice["Condition"]]

    assert (states["Pause"]["Type"], states["Pause"]["Next"]) == ("Wait", "CheckQuery")
    assert (states["Decide"]["Type"], states["Decide"]["Default"]) == ("Choice", "Pause")
    assert polls, "polling has no end"
    assert not [task for task in tasks if "lambda" in task or ".sync" in task]


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
