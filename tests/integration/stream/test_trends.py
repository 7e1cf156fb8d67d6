"""Trends, read through the stream API: who may, what is refused, how long an answer keeps."""

from __future__ import annotations

import pytest
import requests

from tests.login import Login, query_of
from tests.stack import Member, Stack, StreamApi

LONG_AGO = "2026-01-02T03:04:05Z"


def assert_refused(answer: requests.Response, *statuses: int) -> None:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


def everything(url: str, token: str | None) -> list[requests.Response]:
    """Ask for all that there is to read."""
    api = StreamApi(url, token)
    return [api.windows(), api.top(), api.history("teatime")]


def test_a_member_reads_everything(trends: StreamApi) -> None:
    assert [answer.status_code for answer in (trends.windows(), trends.top(), trends.history("tea"))] == [
        200
    ] * 3


def test_nobody_else_reads_anything(stream: Stack, member: Member) -> None:
    header, claims, signature = member.token.split(".")
    for token in (None, "", "x", member.tokens["IdToken"], f"{header}.{claims}.{signature[::-1]}"):
        for answer in everything(stream["StreamApiUrl"], token):
            assert_refused(answer, 401)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_that_was_asked_for_orders_alone_reads_nothing_here(stream: Stack, member: Member) -> None:
    login = Login(stream)
    code = query_of(login.code(member, "openid orders/read"))["code"]
    token = login.exchange(code, login.verifier).json()["access_token"]

    for answer in everything(stream["StreamApiUrl"], token):
        assert_refused(answer, 401, 403)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"window": "yesterday"}, "window"),
        ({"window": "2026-02-30T00:00:00Z"}, "window"),
        ({"limit": 0}, "limit"),
        ({"limit": [1, 2]}, "limit"),
        ({"cursor": "AAAA"}, "cursor"),
        ({"windows": LONG_AGO}, "windows"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(trends: StreamApi, query: dict[str, str], field: str) -> None:
    answer = trends.top(**query)

    assert_refused(answer, 400)
    assert answer.json()["errors"][0]["field"] == field


def test_a_history_without_a_hashtag_is_refused_at_the_door(trends: StreamApi) -> None:
    answer = trends.send("GET", "/trends/history")

    assert_refused(answer, 400)
    assert "hashtag" in answer.json()["detail"]


def test_what_is_over_keeps_for_a_day_and_costs_no_second_body(trends: StreamApi) -> None:
    answer = trends.top(window=LONG_AGO)
    again = trends.top(answer.headers["ETag"], window=LONG_AGO)

    assert answer.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, max-age=86400"
    assert (again.status_code, again.text) == (304, "")


def test_what_is_open_keeps_for_seconds(trends: StreamApi) -> None:
    assert trends.top().headers["Cache-Control"] == "private, max-age=5"
    assert trends.history("teatime").headers["Cache-Control"] == "private, max-age=5"
