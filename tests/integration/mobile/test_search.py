"""Search through the API, from a post's making to its end."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stack import OUTPUTS, MobileApi, Stack, held

ROOT = Path(__file__).parents[3]
SECONDS = 60
STALE_SECONDS = 2.5
"""After this no answer is from before, and the next commit deletes what was left then, on this machine."""


def search(api: MobileApi, **query: Any) -> dict[str, Any]:
    """Search, and return the answer's body."""
    answer = api.send("GET", "/search", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def found(api: MobileApi, **query: Any) -> list[str]:
    """Return the ids of what is found."""
    return [hit["post_id"] for hit in search(api, **query)["hits"]]


def until(what: Callable[[], bool]) -> None:
    """Wait for what happens soon."""
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def word() -> str:
    """Return a word that nobody else has, or nearly so."""
    return "".join(secrets.choice("bdfghklmnprt") + secrets.choice("aeou") for _ in range(8))


@pytest.fixture
def one(ada: MobileApi) -> Iterator[tuple[str, dict[str, Any]]]:
    """A word, and Ada's post with it, which is found by now."""
    said = word()
    posted = ada.post(f"Where are my {said}s?", tags=["lost"]).json()
    until(lambda: found(ada, q=said) == [posted["post_id"]])
    yield said, posted
    ada.send("DELETE", f"/posts/{posted['post_id']}")


def test_a_post_is_found_by_its_words_with_what_met_them_marked(
    grace: MobileApi, one: tuple[str, dict[str, Any]]
) -> None:
    said, posted = one

    [hit] = search(grace, q=f"{said} wher*")["hits"]

    assert {name: hit[name] for name in ("post_id", "author_id", "author_name", "tags", "created_at")} == {
        name: posted[name] for name in ("post_id", "author_id", "author_name", "tags", "created_at")
    }
    assert [run["text"] for run in hit["excerpt"] if run.get("hit")] == ["Where", f"{said}s"]
    assert "".join(run["text"] for run in hit["excerpt"]) == posted["text"]


def test_a_post_that_is_changed_is_found_as_it_is(ada: MobileApi, one: tuple[str, dict[str, Any]]) -> None:
    said, posted = one
    other = word()

    for text in (f"no {other}", f"still no {other}", f"{other} is here"):
        posted = ada.change(posted, text=text).json()
        until(lambda text=text: bool(found(ada, q=f'"{text}"')))  # type: ignore[misc]
        time.sleep(STALE_SECONDS)

    assert found(ada, q=said) == []
    assert found(ada, q=f"{other} here") == [posted["post_id"]]


def test_a_post_that_becomes_private_or_is_deleted_is_lost_to_others(
    ada: MobileApi, grace: MobileApi, one: tuple[str, dict[str, Any]]
) -> None:
    said, posted = one
    assert found(grace, q=said)

    ada.change(posted, visibility="private").raise_for_status()
    until(lambda: not found(grace, q=said))
    assert found(ada, q=said) == [posted["post_id"]]

    ada.send("DELETE", f"/posts/{posted['post_id']}").raise_for_status()
    until(lambda: not found(ada, q=said))


def test_pages_follow_on_each_other_and_a_cursor_is_nobody_elses(ada: MobileApi, grace: MobileApi) -> None:
    said = word()
    posts = [ada.post(f"{said} {number}", tags=["paged"]).json()["post_id"] for number in range(5)]
    until(lambda: search(ada, q=said)["total"] == 5)

    first = search(ada, q=said, limit=3)
    second = search(ada, q=said, limit=3, cursor=first["next_cursor"])

    assert [hit["post_id"] for hit in first["hits"] + second["hits"]] == posts[::-1]
    assert "next_cursor" not in second
    assert first["facets"] == [{"tag": "paged", "count": 5}]
    refused = grace.send("GET", "/search", params={"q": said, "cursor": first["next_cursor"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "cursor")


@pytest.mark.parametrize(
    ("query", "field"),
    [({"q": "!"}, "q"), ({"since": "soon"}, "since"), ({"tags": ","}, "tags"), ({"limit": 51}, "limit")],
)
def test_what_does_not_fit_is_named(ada: MobileApi, query: dict[str, Any], field: str) -> None:
    refused = ada.send("GET", "/search", params=query)

    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["errors"][0]["field"] == field


def test_without_a_token_nothing_is_found(stack: Stack) -> None:
    assert MobileApi(stack["MobileApiUrl"], None).send("GET", "/search").status_code == 401


def test_the_index_is_made_anew_from_the_table(ada: MobileApi, one: tuple[str, dict[str, Any]]) -> None:
    said, posted = one

    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "local.search", "rebuild", "--outputs", str(OUTPUTS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert done.returncode == 0, done.stderr
    time.sleep(STALE_SECONDS)
    assert found(ada, q=said) == [posted["post_id"]]


def test_a_record_that_cannot_be_read_holds_up_no_other(stack: Stack, ada: MobileApi) -> None:
    table, said = stack["ContentTable"], word()
    key = {"pk": {"S": f"POST#{said}"}, "sk": {"S": "POST"}}
    with held("unindexed"):
        stack.client("dynamodb").put_item(TableName=table, Item={**key, "kind": {"S": "post"}})

        posted = ada.post(f"after it, {said}").json()

        until(lambda: found(ada, q=said) == [posted["post_id"]])
        stack.client("dynamodb").delete_item(TableName=table, Key=key)
        queue, sqs = stack.physical_id("mobile", "UnindexedQueue"), stack.client("sqs")
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
    assert [json.loads(message["Body"])["DDBStreamBatchInfo"] for message in messages["Messages"]]
