"""STR: posts in, by a producer as the KPL; counted once; told by the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from loadtests.producer.records import Kind, Record
from loadtests.producer.sender import Sender, Settings
from tests import templates
from tests.posts import eventually
from tests.stack import StreamApi
from tests.trends import File, producer, told
from tests.unit.loadtests.fakes import Clock
from tests.unit.loadtests.fakes import Stream as FakeStream


@pytest.fixture(scope="module")
def sent(trends: StreamApi, tmp_path_factory: pytest.TempPathFactory) -> tuple[File, dict[str, Any]]:
    """Some posts, some of them twice and some no posts, and the summary of the producer that sent them."""
    path, begin = tmp_path_factory.mktemp("lens") / "posts.jsonl", datetime.now(UTC) - timedelta(seconds=120)
    made = ("--posts", "400", "--duplicates", "0.1", "--poison", "0.05", "--hashtags", "40")
    when = ("--begin", begin.isoformat(), "--over", "120")
    producer(*made, *when, "--write", str(path)).communicate(timeout=60)
    file = File.read(path, trends.windows().json()["window_seconds"])
    before = told(trends, file.windows)
    summary = json.loads(producer("--file", str(path), "--json").communicate(timeout=60)[0])
    eventually(lambda: (told(trends, file.windows) - before).total() >= file.counts.total())
    after = told(trends, file.windows)
    after.subtract(before)
    return file, {**summary, "counted": +after}


@pytest.mark.lens("STR-1")
def test_a_producer_puts_posts_together_and_accounts_for_each(sent: tuple[File, dict[str, Any]]) -> None:
    file, summary = sent

    assert summary["adds_up"] is True
    assert summary["delivered"] == summary["read"] == file.lines
    assert 0 < summary["aggregated"] <= summary["records"] < file.lines / 10


@pytest.mark.lens("STR-1")
@pytest.mark.lens("SERVREL-5")
def test_of_a_call_that_failed_in_part_only_that_part_goes_again() -> None:
    chance = Random(7)
    stream = FakeStream(2, refuses=lambda _: chance.random() < 0.3)
    records = [Record(str(n).encode(), f"key-{n}", Kind.POST) for n in range(2_000)]

    *_, tally = Sender(stream, "posts", Settings(aggregate_bytes=0), Random(1), Clock()).send(records)

    assert sorted(user.data for user in stream.arrived) == sorted(record.data for record in records)
    assert tally.retried == sum(map(len, stream.calls)) - 2_000 > 0


@pytest.mark.lens("STR-2")
def test_duplicates_and_poison_leave_the_counts_right(sent: tuple[File, dict[str, Any]]) -> None:
    file, summary = sent

    assert file.duplicates
    assert file.poison
    assert summary["counted"] == file.counts


@pytest.mark.lens("STR-2")
@pytest.mark.lens("SERVREL-5")
def test_the_mapping_reports_partial_failures_bisects_and_gives_up_into_a_bucket() -> None:
    [function] = [each for each in templates.functions() if each.id == "AggregateTrends"]
    [event] = function.properties["Events"].values()

    mapping = event["Properties"]
    assert event["Type"] == "Kinesis"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["ParallelizationFactor"] == 1
    assert mapping["MaximumRetryAttempts"] > 0
    assert mapping["DestinationConfig"]["OnFailure"]["Type"] == "S3"


@pytest.mark.lens("STR-2")
@pytest.mark.lens("SERVOPS-1")
@pytest.mark.parametrize(
    ("resource", "metric"),
    [
        ("AggregateTrends", "IteratorAge"),
        ("AggregateTrends", "Throttles"),
        ("PostStream", "WriteProvisionedThroughputExceeded"),
        ("PostStream", "ReadProvisionedThroughputExceeded"),
        ("FailureQueue", "ApproximateNumberOfMessagesVisible"),
        ("PostArchive", "DeliveryToS3.DataFreshness"),
        ("PostArchive", "ThrottledRecords"),
        ("FailedRecordsQueue", "ApproximateNumberOfMessagesVisible"),
        ("TrendReport", "ExecutionsFailed"),
        ("TrendReport", "ExecutionsTimedOut"),
    ],
)
def test_what_waits_is_refused_or_fails_has_an_alarm(resource: str, metric: str) -> None:
    watched = [
        (alarm.properties["MetricName"], alarm.properties["Dimensions"][0]["Value"])
        for alarm in templates.resources("AWS::CloudWatch::Alarm")
        if alarm.service == "stream" and alarm.properties["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    ]

    assert any(name == metric and resource in str(value) for name, value in watched)


@pytest.mark.lens("STR-3")
@pytest.mark.lens("SERVPER-2")
def test_the_api_tells_the_top_of_a_window_and_a_hashtags_history(
    trends: StreamApi, sent: tuple[File, dict[str, Any]]
) -> None:
    file, _ = sent

    answer = trends.top(window=file.windows[0], limit=100)
    items = [(-item["count"], item["hashtag"]) for item in answer.json()["items"]]
    history = trends.history(items[0][1], since=file.windows[0], until=file.windows[0]).json()["items"]

    assert items == sorted(items)
    assert history == [{"window_start": file.windows[0], "count": -items[0][0]}]
    assert trends.top(answer.headers["ETag"], window=file.windows[0], limit=100).status_code == 304
