"""query_trends, from API Gateway's event to its answer, over a table in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.queries import seconds_to_keep
from stream.trends import bucket_of, counts_key
from stream.windows import Windows, name, start
from tests.unit.functions import Context, load, sample_event
from tests.unit.stream.fakes import FakeTrendsTable

NOW = start("2026-11-21T09:30:30Z")
LATE = 86400
OPEN, CLOSED, FINAL = "2026-11-21T09:30:00Z", "2026-11-21T09:28:00Z", "2026-11-20T09:00:00Z"
COUNTED = {"tea": 5, "東京": 5, "meer": 2, "été": 1}

Answer = dict[str, Any]
Call = Callable[..., Answer]


@pytest.fixture
def table() -> FakeTrendsTable:
    """TrendsTable with the same counts in each of three windows."""
    table = FakeTrendsTable(page=2)
    for window in (OPEN, CLOSED, FINAL):
        for hashtag, count in COUNTED.items():
            key = (counts_key(bucket_of(hashtag), window), f"{window}#shard#{hashtag}")
            table.items[key] = {"pk": key[0], "sk": key[1], "counts": json.dumps({hashtag: count})}
    return table


@pytest.fixture
def call(table: FakeTrendsTable, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Ask the function: the path, If-None-Match, and query parameters."""
    monkeypatch.setattr("shared.tables.Table", {"trends-table": table}.__getitem__)
    monkeypatch.setattr("time.time", lambda: float(NOW))
    environment = {
        "TRENDS_TABLE": "trends-table",
        "WINDOW_SECONDS": "60",
        "LATE_SECONDS": str(LATE),
        "CURSOR_KEY": "0f8fad5b-d9cb-469f-a165-70867728950e",
    }
    module = load("stream", "query_trends", monkeypatch, environment)

    def ask(path: str, known: str = "", **query: str) -> Answer:
        event = sample_event("stream", "query_trends")
        event["resource"] = path
        event["multiValueQueryStringParameters"] = {key: [value] for key, value in query.items()} or None
        if known:
            event["multiValueHeaders"]["If-None-Match"] = [known]
        answer: Answer = module.handler(event, Context())
        return answer

    return ask


def body(answer: Answer) -> Any:
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


def refused(answer: Answer) -> str:
    """Assert that a request is refused, and return the field that is to blame."""
    assert answer["statusCode"] == 400, answer
    field: str = json.loads(answer["body"])["errors"][0]["field"]
    return field


def test_the_sample_asks_for_the_top_of_the_window_that_is_open(call: Call) -> None:
    assert body(call("/trends", limit="5")) == {
        "window_start": OPEN,
        "window_seconds": 60,
        "items": [{"hashtag": hashtag, "count": count} for hashtag, count in COUNTED.items()],
    }


def test_a_window_is_told_by_any_moment_in_it(call: Call) -> None:
    answers = [call("/trends", window=f"2026-11-21T09:28:{second}Z") for second in ("00", "17", "59")]

    assert {body(answer)["window_start"] for answer in answers} == {CLOSED}
    assert len({answer["headers"]["ETag"] for answer in answers}) == 1


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_follow_one_another_to_the_end(call: Call, limit: int) -> None:
    found, query = [], {"window": CLOSED, "limit": str(limit)}
    while True:
        page = body(call("/trends", **query))
        found += [(item["hashtag"], item["count"]) for item in page["items"]]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]

    assert found == list(COUNTED.items())


@pytest.mark.parametrize("written", ["été", "ÉTÉ", "#Été", "\uff03été"])
def test_a_history_is_of_the_hashtag_however_it_is_written(call: Call, written: str) -> None:
    page = body(call("/trends/history", hashtag=written))

    assert page == {
        "hashtag": "été",
        "window_seconds": 60,
        "since": "2026-11-20T09:30:00Z",
        "until": OPEN,
        "items": [{"window_start": CLOSED, "count": 1}, {"window_start": OPEN, "count": 1}],
    }


def test_a_history_goes_on_after_its_cursor(call: Call) -> None:
    query = {"hashtag": "tea", "since": "2026-11-20T10:00:00Z", "until": "2026-11-21T09:59:59Z", "limit": "1"}

    first = body(call("/trends/history", **query))
    second = body(call("/trends/history", **query, cursor=first["next_cursor"]))

    assert [page["items"][0]["window_start"] for page in (first, second)] == [CLOSED, OPEN]
    assert "next_cursor" not in second


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/trends", {"window": "2026-11-21"}, "window"),
        ("/trends", {"window": "2026-02-30T00:00:00Z"}, "window"),
        ("/trends", {"window": "1999-01-01T00:00:00Z"}, "window"),
        ("/trends", {"window": "2026-11-21T09:30:00Z\n"}, "window"),
        ("/trends", {"limit": "0"}, "limit"),
        ("/trends", {"limit": "101"}, "limit"),
        ("/trends", {"limit": "ten"}, "limit"),
        ("/trends", {"cursor": "AAAA"}, "cursor"),
        ("/trends", {"cursor": ""}, "cursor"),
        ("/trends", {"hashtag": "tea"}, "hashtag"),
        ("/trends/history", {}, "hashtag"),
        ("/trends/history", {"hashtag": ""}, "hashtag"),
        ("/trends/history", {"hashtag": "x" * 281}, "hashtag"),
        ("/trends/history", {"hashtag": "tea", "limit": "1001"}, "limit"),
        ("/trends/history", {"hashtag": "tea", "since": "2026-11-21T24:00:01Z"}, "since"),
        ("/trends/history", {"hashtag": "tea", "since": "2026-11-21T09:31:00Z"}, "since"),
        ("/trends/history", {"hashtag": "tea", "since": "2026-11-20T09:30:29Z"}, "since"),
        ("/trends/history", {"hashtag": "tea", "until": "2026-11-21T09:30:00"}, "until"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    call: Call, path: str, query: dict[str, str], field: str
) -> None:
    assert refused(call(path, **query)) == field


def test_a_cursor_is_good_for_its_own_list_only(call: Call) -> None:
    top = body(call("/trends", window=CLOSED, limit="1"))["next_cursor"]
    history = body(call("/trends/history", hashtag="tea", limit="1"))["next_cursor"]

    assert refused(call("/trends", window=OPEN, cursor=top)) == "cursor"
    assert refused(call("/trends/history", hashtag="tea", cursor=top)) == "cursor"
    assert refused(call("/trends/history", hashtag="meer", cursor=history)) == "cursor"


@pytest.mark.parametrize(("window", "seconds"), [(OPEN, 5), (CLOSED, 300), (FINAL, 86400)])
def test_an_answer_says_how_long_it_keeps(call: Call, window: str, seconds: int) -> None:
    answer = call("/trends", window=window)

    assert answer["headers"]["Cache-Control"] == f"private, max-age={seconds}"


def test_an_answer_that_the_caller_has_is_not_sent_again_until_it_changes(
    call: Call, table: FakeTrendsTable
) -> None:
    tag = call("/trends", window=CLOSED)["headers"]["ETag"]
    same = call("/trends", tag, window=CLOSED)
    late = (counts_key(bucket_of("tea"), CLOSED), f"{CLOSED}#late")
    table.items[late] = {"pk": late[0], "sk": late[1], "counts": '{"tea":1}'}
    changed = call("/trends", tag, window=CLOSED)

    assert (same["statusCode"], same["body"]) == (304, "")
    assert body(changed)["items"][0] == {"hashtag": "tea", "count": 6}


@given(
    st.sampled_from([10, 60, 3600]),
    st.integers(0, 2 * 10**9),
    st.integers(3600, 10**6),
    st.integers(-(10**4), 10**6),
)
def test_an_answer_keeps_longer_the_older_it_is_and_never_longer_than_it_may_change(
    length: int, end: int, late: int, age: int
) -> None:
    windows = Windows(length)
    last = windows.holding(end)
    over = start(last) + length

    seconds = seconds_to_keep(windows, last, late, over + age)

    assert seconds in {5, 300, 86400}
    assert seconds <= seconds_to_keep(windows, last, late, over + age + 1)
    if age < late:
        assert seconds < 86400
    if age < 0:
        assert seconds == 5
    assert name(start(last)) == last
