"""Which changes of content make events, and that none holds a text."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from mobile import rules
from mobile.models import NewPost
from mobile.outbox import MemberExpired, PostAddressed, event_of
from shared.ids import uuid7
from shared.items import to_attributes
from tests.unit.functions import load, sample_event

ADA = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f"


def written(name: str = "INSERT", **post: Any) -> dict[str, Any]:
    made = rules.write(NewPost(**post), uuid7(), (ADA, "ada_l"), "2026-11-21T09:30:00.000Z")
    return {
        "eventName": name,
        "dynamodb": {"NewImage": to_attributes({"kind": "post", **msgspec.to_builtins(made)})},
    }


@pytest.mark.parametrize("name", ["INSERT", "MODIFY"])
@pytest.mark.parametrize("post", [{"text": "for @grace"}, {"text": "a SECRET", "in_reply_to": uuid7()}])
def test_a_public_post_that_addresses_somebody_makes_one(name: str, post: dict[str, Any]) -> None:
    record = written(name, **post)

    event = event_of(record)

    assert isinstance(event, PostAddressed)
    post_id = record["dynamodb"]["NewImage"]["post_id"]["S"]
    assert (event.post_id, event.event_id, event.author_id) == (post_id, f"{post_id}.1", ADA)
    assert "SECRET" not in str(event)


@pytest.mark.parametrize(
    "record",
    [
        written(text="nobody"),
        written(text="for @grace", visibility="private"),
        {"eventName": "INSERT", "dynamodb": {"NewImage": to_attributes({"kind": "profile"})}},
        {"eventName": "REMOVE", "dynamodb": {"OldImage": to_attributes({"kind": "post"})}},
    ],
)
def test_other_changes_make_none(record: dict[str, Any]) -> None:
    assert event_of(record) is None


def test_an_expired_profile_makes_one_and_a_deleted_one_none() -> None:
    [record] = sample_event("mobile", "publish_content")["Records"]

    expected = MemberExpired(1, f"{ADA}.1795253000", ADA, "ada_l", 1795253000)
    assert event_of(record) == expected
    assert event_of({**record, "userIdentity": None}) is None


def test_the_sample_events_of_its_receivers_are_such_events(monkeypatch: pytest.MonkeyPatch) -> None:
    [message] = sample_event("mobile", "forget_member")["Records"]
    detail = json.loads(message["body"])["detail"]

    assert msgspec.convert(detail, MemberExpired).expired_at == 1795253000
    assert load("mobile", "publish_content", monkeypatch, {"EVENT_BUS": "a-bus"}).handler
