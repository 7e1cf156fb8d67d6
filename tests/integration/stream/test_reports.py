"""Reports on the archive: asked for, followed, cancelled, downloaded."""

from __future__ import annotations

import csv
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.archive import Archive, a_post, today
from tests.stack import SECONDS, Member, Stack, StreamApi


def download(report: dict[str, Any]) -> dict[str, str]:
    """Return a report's table, as somebody gets it who has the link and nothing else."""
    answer = requests.get(report["result"]["url"], timeout=SECONDS)
    answer.raise_for_status()
    return {row["hashtag"]: row["posts"] for row in csv.DictReader(answer.text.splitlines())}


def test_a_report_is_followed_to_its_result(stream: Stack, trends: StreamApi) -> None:
    tag = f"report{secrets.token_hex(4)}"
    posts = [a_post(f"#{tag}"), a_post(f"#{tag.upper()} again")]
    trends.archive(posts)
    Archive(stream).wait_for(*(post["post_id"] for post in posts))

    begun = trends.ask(today(), today())
    report = trends.follow(begun.json()["report_id"])

    assert begun.status_code == 202
    assert begun.headers["Location"] == f"reports/{report['report_id']}"
    assert begun.json()["status"] == "RUNNING"
    assert report["status"] == "SUCCEEDED", report
    assert report["polls"] >= 1
    assert report["query_state"] == "SUCCEEDED"
    assert report["scanned_bytes"] > 0
    assert download(report)[tag] == "2"


def test_a_link_opens_its_result_and_no_other(trends: StreamApi) -> None:
    url = trends.follow(trends.ask(today(), today()).json()["report_id"])["result"]["url"]

    assert requests.get(url, timeout=SECONDS).status_code == 200
    assert requests.get(url.partition("?")[0], timeout=SECONDS).status_code == 403
    assert requests.get(url.replace(".csv?", ".csv.metadata?"), timeout=SECONDS).status_code == 403


def test_who_polls_is_told_when_to_ask_again_and_saves_the_body(trends: StreamApi) -> None:
    report_id = trends.ask(today(), today()).json()["report_id"]

    first = trends.report(report_id)
    again = trends.report(report_id, first.headers["ETag"])
    trends.follow(report_id)
    ended = trends.report(report_id, first.headers["ETag"])

    assert first.headers["Retry-After"] == "2"
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert again.status_code in {304, 200}  # 200 where the report went on meanwhile
    if again.status_code == 304:
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.text == ""
    assert ended.status_code == 200
    assert "Retry-After" not in ended.headers


def test_a_report_is_cancelled_and_its_query_stopped(stream: Stack, trends: StreamApi) -> None:
    report_id = trends.ask(today(), today()).json()["report_id"]

    cancelled = trends.cancel(report_id)
    again = trends.cancel(report_id)
    report = trends.report(report_id)

    assert (cancelled.status_code, again.status_code) == (200, 200)
    assert cancelled.json() == {"report_id": report_id, "status": "CANCELLED"} == again.json()
    assert report.json()["status"] == "CANCELLED"
    assert "result" not in report.json()
    assert ended(stream, report_id) == "SUCCEEDED"  # cancelling is no failure of the state machine's
    assert trends.report(report_id).json()["status"] == "CANCELLED"


def ended(stream: Stack, report_id: str) -> str:
    """Return how a report's execution ended."""
    states = stream.client("stepfunctions")
    arn = stream["TrendReportArn"].replace(":stateMachine:", ":execution:") + f":{report_id}"
    deadline = time.monotonic() + SECONDS
    while (status := states.describe_execution(executionArn=arn)["status"]) == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return str(status)


def test_what_has_ended_is_not_cancelled(trends: StreamApi) -> None:
    report_id = trends.ask(today(), today()).json()["report_id"]
    trends.follow(report_id)

    answer = trends.cancel(report_id)

    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert trends.report(report_id).json()["status"] == "SUCCEEDED"


def test_asking_again_with_the_same_key_begins_nothing(trends: StreamApi) -> None:
    key = secrets.token_hex(16)

    once, again = trends.ask("2026-01-01", "2026-01-02", key), trends.ask("2026-01-01", "2026-01-02", key)
    other = trends.ask("2026-01-01", "2026-01-03", key)

    assert once.json()["report_id"] == again.json()["report_id"]
    assert other.status_code == 422
    assert download(trends.follow(once.json()["report_id"])) == {}


def test_nobody_else_sees_or_cancels_a_report(stream: Stack, trends: StreamApi, stranger: Member) -> None:
    report_id = trends.ask(today(), today()).json()["report_id"]
    theirs, nobodys = (StreamApi(stream["StreamApiUrl"], token) for token in (stranger.token, None))

    assert (theirs.report(report_id).status_code, theirs.cancel(report_id).status_code) == (404, 404)
    assert (nobodys.report(report_id).status_code, nobodys.cancel(report_id).status_code) == (401, 401)
    assert nobodys.ask(today(), today()).status_code == 401
    assert trends.follow(report_id)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "report_id", ["x", "0190b2c4-7f7e-7c3a-8000-000000000000", "'; --", '"}', "x" * 3000]
)
def test_there_is_no_other_report(trends: StreamApi, report_id: str) -> None:
    assert trends.report(report_id).status_code == 404
    assert trends.cancel(report_id).status_code == 404


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")


@pytest.mark.parametrize(
    ("since", "until", "status", "field"),
    [
        ("2026-02-30", "2026-03-01", 422, "/since"),
        ("2026-03-02", "2026-03-01", 422, "/since"),
        ("2026-01-01", "2026-02-01", 422, "/since"),
        ("2026-03-01", "tomorrow", 422, "/until"),
        ("2026-3-1", "2026-03-01", 400, "/since"),
        ("' OR 1=1 --", "2026-03-01", 400, "/since"),
        (None, "2026-03-01", 400, "/since"),
    ],
)
def test_days_that_do_not_fit_are_named(
    trends: StreamApi, since: Any, until: str, status: int, field: str
) -> None:
    answer = trends.ask(since, tomorrow() if until == "tomorrow" else until)

    assert answer.status_code == status
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_key_is_needed(trends: StreamApi) -> None:
    answer = trends.send("POST", "/reports", json={"since": today(), "until": today()})

    assert answer.status_code == 400
