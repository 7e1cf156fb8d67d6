"""What the OpenSearch engine makes of answers that a healthy node does not give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mobile.search.models import Change, Mark
from mobile.search.opensearch import index, queries
from mobile.search.opensearch.index import Busy, Indexer
from tests.search.posts import post


class ScriptedClient:
    """A client whose aliases and answers to bulk requests are given, one a request, by post."""

    def __init__(self, *answers: dict[str, int], aliases: Iterable[set[str]] = ({"posts-first"},)) -> None:
        self.answers = list(answers)
        self.aliases = list(aliases)
        self.asked: list[list[tuple[str, str]]] = []
        self.indices = self

    def get_alias(self, name: str) -> dict[str, Any]:
        assert name == "posts-writing"
        return dict.fromkeys(self.aliases.pop(0) if len(self.aliases) > 1 else self.aliases[0])

    def bulk(self, body: list[dict[str, Any]]) -> dict[str, Any]:
        meta = [line["index"] for line in body[::2]]
        self.asked.append([(each["_index"], each["_id"]) for each in meta])
        answer = self.answers.pop(0) if self.answers else {}
        return {"items": [{"index": {"status": answer.get(each["_id"], 201)}} for each in meta]}


def indexer(client: ScriptedClient, sleep: Callable[[float], None] = lambda _: None) -> Indexer:
    return Indexer(client, clock=lambda: 0, sleep=sleep)  # type: ignore[arg-type]


A, B, C = (Change.written(post(text), 1) for text in "abc")
a, b, c = (change.post_id for change in (A, B, C))


def test_only_what_it_was_too_busy_for_is_tried_again_after_a_pause() -> None:
    client = ScriptedClient({a: 429, b: 503}, {b: 429})
    pauses: list[float] = []

    refused = indexer(client, pauses.append).apply([A, B, C])

    assert refused == frozenset()
    assert [[post_id for _, post_id in asked] for asked in client.asked] == [[a, b, c], [a, b], [b]]
    assert len(pauses) == 2
    assert pauses[0] <= index.PAUSE
    assert pauses[1] <= 2 * index.PAUSE


def test_after_some_tries_it_is_left_to_lambda() -> None:
    client = ScriptedClient(*[{a: 429}] * index.TRIES)

    with pytest.raises(Busy):
        indexer(client).apply([A, B])

    assert len(client.asked) == index.TRIES


def test_what_is_refused_is_told_and_what_is_older_is_done() -> None:
    client = ScriptedClient({a: 400, b: 409})

    assert indexer(client).apply([A, B, C]) == {a}
    assert len(client.asked) == 1


def test_an_index_that_a_rebuild_adds_meanwhile_gets_the_changes_too() -> None:
    client = ScriptedClient(aliases=[{"posts-old"}, {"posts-old", "posts-new"}])

    indexer(client).apply([A])

    assert client.asked == [[("posts-old", a)], [("posts-new", a)]]


def test_nothing_to_bring_in_asks_nothing() -> None:
    client = ScriptedClient()

    assert indexer(client).apply([]) == frozenset()
    assert client.asked == []


def test_marks_of_several_copies_of_a_text_are_put_together() -> None:
    start, end = queries.START, queries.END

    assert queries.marks([f"a {start}blue{end} 🫖", f"{start}a{end} {start}blue{end} 🫖"]) == (
        Mark(0, 1),
        Mark(2, 6),
    )
