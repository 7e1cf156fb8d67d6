"""A queue's messages, one at a time: only those that failed come again."""

from __future__ import annotations

from shared.created import Created, created
from shared.queues import each_message
from tests.unit.functions import Context, sample_event


def test_only_the_messages_that_failed_are_named() -> None:
    seen: list[str] = []

    def handler(body: str) -> None:
        seen.append(body)
        if body == "bad":
            raise ValueError("as told")

    bodies = ["good", "bad", "good too"]
    event = {"Records": [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]}

    answer = each_message(handler)(event, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert seen == bodies


def test_an_event_of_s3_tells_the_keys_as_they_are() -> None:
    [record] = sample_event("mobile", "check_image")["Records"]

    [one] = created(record["body"])

    assert one == Created(
        "eu-west-1:8f14e45f-ceea-467f-a830-0a1b2c3d4e5f/01935d3e-8a40-7c9b-9f0a-5d0c3a1b2e4f", 20480
    )


def test_the_event_that_tries_the_way_tells_of_nothing() -> None:
    assert created('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"uploads"}') == []
