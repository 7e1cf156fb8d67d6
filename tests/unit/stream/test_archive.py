"""Archiving posts: what is checked, and what becomes of those that are not taken at once."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import aws
from stream.archive import LONGEST_PAUSES, MAX_POSTS, Archive, NotTaken, Post, Posts
from tests.unit.functions import Context, load, sample_event

NAME = "post-archive"


class Firehose:
    """Firehose's client: takes records, but those that `refuses` names at an attempt."""

    def __init__(self, *refuses: set[int]) -> None:
        self.refuses = list(refuses)
        self.taken: list[Any] = []
        self.calls: list[int] = []

    def put_record_batch(self, **given: Any) -> dict[str, Any]:
        assert given["DeliveryStreamName"] == NAME
        refused = self.refuses.pop(0) if self.refuses else set()
        self.calls.append(len(given["Records"]))
        told: list[dict[str, str]] = []
        for place, record in enumerate(given["Records"]):
            if place in refused:
                told.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
            else:
                self.taken.append(json.loads(record["Data"]))
                told.append({"RecordId": "1"})
        return {"FailedPutCount": sum("ErrorCode" in one for one in told), "RequestResponses": told}


def posts(count: int) -> list[Post]:
    return [Post(str(number), "2026-11-21T09:29:59.123Z", f"post {number}") for number in range(count)]


@given(
    count=st.integers(1, 20),
    refuses=st.lists(st.sets(st.integers(0, 19)), max_size=6),
)
def test_every_post_is_taken_once_or_named(count: int, refuses: list[set[int]]) -> None:
    firehose, pauses = Firehose(*refuses), list[float]()
    left: set[str] = set()

    try:
        Archive(NAME, firehose, pauses.append).keep(posts(count))
    except NotTaken as problem:
        left = {error.field.removeprefix("/posts/") for error in problem.errors}

    assert sorted([post["post_id"] for post in firehose.taken] + [*left]) == sorted(map(str, range(count)))
    assert len(firehose.calls) <= len(LONGEST_PAUSES) + 1
    assert firehose.calls == sorted(firehose.calls, reverse=True)  # never more than before
    assert len(pauses) == len(firehose.calls) - 1
    assert all(0 <= pause <= longest for pause, longest in zip(pauses, LONGEST_PAUSES, strict=False))


def test_only_what_was_not_taken_is_sent_again() -> None:
    firehose = Firehose({1, 3}, {0})

    Archive(NAME, firehose, lambda _: None).keep(posts(4))

    assert firehose.calls == [4, 2, 1]
    assert [post["post_id"] for post in firehose.taken] == ["0", "2", "3", "1"]


def test_what_is_left_in_the_end_is_named_and_may_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "client", lambda _: Firehose(*[{0}] * 9))
    monkeypatch.setattr("time.sleep", lambda _: None)
    function = load("stream", "ingest_post", monkeypatch, {"DELIVERY_STREAM": NAME})

    answer = function.handler(sample_event("stream", "ingest_post"), Context())

    assert answer["statusCode"] == 503
    assert answer["headers"]["Retry-After"] == "1"
    assert json.loads(answer["body"])["errors"] == [{"field": "/posts/0", "detail": "was not taken"}]


def test_a_post_is_archived_as_one_line_with_the_members_that_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    firehose = Firehose()
    monkeypatch.setattr(aws, "client", lambda _: firehose)
    function = load("stream", "ingest_post", monkeypatch, {"DELIVERY_STREAM": NAME})
    event = sample_event("stream", "ingest_post")
    post = {"post_id": "1", "created_at": "2026-11-21T09:29:59Z", "text": "a\nb", "lang": "en"}
    event["body"] = json.dumps({"posts": [{**post, "author": "somebody"}]}, indent=2)

    answer = function.handler(event, Context())

    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {
        "taken": 1,
        "request_id": event["requestContext"]["requestId"],
    }
    assert firehose.taken == [post]
    assert b"\n" not in msgspec.json.encode(Post(**post))


def test_a_full_batch_fits_what_firehose_takes_at_once() -> None:
    largest = Post("x" * 64, "2026-11-21T09:29:59.123456Z", "\U0001f375" * 10_000, "x" * 35)

    assert len(msgspec.json.encode(largest)) < 1_000 * 1024
    assert MAX_POSTS == 500


@pytest.mark.parametrize("number", [0, MAX_POSTS + 1])
def test_none_and_too_many_are_refused(number: int) -> None:
    body = msgspec.json.encode({"posts": posts(number)})

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Posts)
