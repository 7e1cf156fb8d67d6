"""From records of the table's stream to changes of the index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from mobile.search.indexing import RefusedError, bring_in, change_of, changes_of
from mobile.search.models import Change
from shared.items import to_attributes
from shared.streams import FailedAt
from tests.search.posts import ANN, NOW, post_id_at


def item(text: str = "tea", version: int = 1, **more: Any) -> dict[str, Any]:
    post_id = post_id_at(NOW)
    return {
        "pk": f"POST#{post_id}",
        "sk": "POST",
        "kind": "post",
        "post_id": post_id,
        "author_id": ANN,
        "author_name": "Ann",
        "text": text,
        "tags": ["tea"],
        "mentions": [],
        "visibility": "public",
        "created_at": "2026-06-15T12:00:00.000Z",
        "updated_at": "2026-06-15T12:00:00.000Z",
        "version": version,
        "listed_in": "feed",
        **more,
    }


def record(after: dict[str, Any] | None, before: dict[str, Any] | None = None) -> dict[str, Any]:
    images = {"NewImage": after, "OldImage": before}
    return {
        "eventName": "REMOVE" if after is None else "MODIFY" if before else "INSERT",
        "dynamodb": {name: to_attributes(image) for name, image in images.items() if image is not None},
    }


class Keeper:
    """An indexer that keeps what it is given, and refuses some posts."""

    def __init__(self, *refused: str) -> None:
        self.refused = frozenset(refused)
        self.changes: list[Change] = []

    def apply(self, changes: Iterable[Change]) -> frozenset[str]:
        self.changes += changes
        return self.refused

    def rebuild(self, changes: Iterable[Change], started: int) -> int:
        raise NotImplementedError


def test_a_write_comes_with_its_version_and_a_removal_after_what_it_removed() -> None:
    written = item()

    first, second, gone = map(
        change_of,
        [
            record(written),
            record({**written, "version": 2}, written),
            record(None, {**written, "version": 2}),
        ],
    )

    assert first is not None
    assert second is not None
    assert gone is not None
    assert first.order < second.order < gone.order
    assert (first.post and first.post.text, gone.post) == ("tea", None)


def test_what_ttl_removes_is_removed() -> None:
    by_ttl = {
        **record(None, item()),
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
    }

    change = change_of(by_ttl)

    assert change is not None
    assert change.post is None


def test_other_items_of_the_table_say_nothing() -> None:
    profile = {"pk": "MEMBER#1", "sk": "PROFILE", "kind": "profile", "version": 1}

    assert change_of(record(profile)) is None
    assert change_of(record(None, profile)) is None
    assert list(changes_of([profile, item("tea"), {"pk": "x"}])) != []


def test_a_text_is_taken_in_its_composed_form() -> None:
    change = change_of(record(item("cafe\u0301")))

    assert change is not None
    assert change.post is not None
    assert change.post.text == "café"


def test_a_batch_is_one_call() -> None:
    keeper = Keeper()

    bring_in([record(item(str(number))) for number in range(5)], keeper)

    assert len(keeper.changes) == 5


def test_what_comes_before_a_record_that_cannot_be_read_is_brought_in_and_the_rest_comes_again() -> None:
    keeper = Keeper()

    with pytest.raises(FailedAt) as failure:
        bring_in([record(item()), record(item(visibility="some")), record(item())], keeper)

    assert failure.value.place == 1
    assert len(keeper.changes) == 1


def test_the_first_that_the_engine_refuses_is_told() -> None:
    items = [item() for _ in range(4)]
    keeper = Keeper(items[1]["post_id"], items[3]["post_id"])

    with pytest.raises(FailedAt) as failure:
        bring_in(list(map(record, items)), keeper)

    assert failure.value.place == 1
    assert isinstance(failure.value.__cause__, RefusedError)
