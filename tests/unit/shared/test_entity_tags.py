"""What a caller already has is not sent again."""

from __future__ import annotations

import pytest

from shared.http import current_response, expected_version, version_tag


def tag_of(body: object) -> str:
    return current_response(body, "").headers["ETag"]


def test_the_tag_follows_the_content() -> None:
    assert tag_of({"a": 1}) == tag_of({"a": 1})
    assert tag_of({"a": 1}) != tag_of({"a": 2})


@pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"other", {tag}', '"other",W/{tag}', "*"])
def test_a_known_content_is_not_sent(known: str) -> None:
    answer = current_response({"a": 1}, known.format(tag=tag_of({"a": 1})), {"Retry-After": "1"})

    assert (answer.status, answer.body) == (304, "")
    assert answer.headers == {
        "ETag": tag_of({"a": 1}),
        "Cache-Control": "private, no-cache",
        "Retry-After": "1",
    }


@pytest.mark.parametrize("known", ["", '"other"', "nonsense", ",,"])
def test_another_content_is_sent(known: str) -> None:
    answer = current_response({"a": 1}, known)

    assert (answer.status, answer.body) == (200, '{"a":1}')
    assert answer.headers["Content-Type"] == "application/json"


def test_what_has_versions_is_known_by_them() -> None:
    assert current_response({"a": 1}, "", version=3).headers["ETag"] == version_tag(3) == '"3"'
    assert current_response({"a": 1}, version_tag(3), version=3).status == 304
    assert current_response({"a": 1}, version_tag(2), version=3).status == 200
    assert expected_version(version_tag(3)) == 3
