"""How posts are put into windows, as the stream API tells it."""

from __future__ import annotations

from tests.stack import Stack, StreamApi


def test_a_member_is_told_how_long_windows_are(trends: StreamApi) -> None:
    answer = trends.windows()

    assert answer.status_code == 200
    assert answer.json()["window_seconds"] > 0
    assert answer.headers["Cache-Control"] == "private, max-age=300"


def test_nobody_else_is(stream: Stack) -> None:
    answer = StreamApi(stream["StreamApiUrl"], None).windows()

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
