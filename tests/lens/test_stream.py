"""STR: posts become counts, exactly once."""

from __future__ import annotations

import secrets

import pytest

from tests import templates
from tests.posts import eventually, now, post, put, rejections
from tests.stack import Member, Stack, StreamApi


@pytest.mark.lens("STR-2")
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
def test_duplicates_and_poison_are_harmless(stack: Stack, member: Member) -> None:
    if not stack.has("stream"):
        pytest.skip("the stream service is left out of this stack: it is there with StreamService=true")
    trends = StreamApi(stack["StreamApiUrl"], member.token)
    moment, tag, poison = now(), f"t{secrets.token_hex(6)}", secrets.token_bytes(16)
    posts = [post(f"#{tag}", created_at=moment) for _ in range(10)]

    put(stack, *posts, poison, *posts[3:])
    put(stack, *posts[:5])

    eventually(lambda: trends.counts(f"{moment[:17]}00Z").get(tag) == 10)
    eventually(lambda: poison in rejections(stack))
    assert trends.counts(f"{moment[:17]}00Z")[tag] == 10
