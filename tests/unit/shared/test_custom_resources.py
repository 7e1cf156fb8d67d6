"""CloudFormation is always answered, and never with a secret."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from shared.custom_resources import Asked, custom_resource
from tests.unit.functions import Context, sample_event


class Told:
    """Stands for the URL that CloudFormation waits at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[urllib.request.Request] = []
        monkeypatch.setattr(urllib.request, "urlopen", self)

    def __call__(self, request: urllib.request.Request, timeout: int) -> Told:
        assert timeout <= 10
        self.requests.append(request)
        return self

    def __enter__(self) -> None:
        """Answer."""

    def __exit__(self, *_: object) -> None:
        """Nothing is to be closed."""

    @property
    def answer(self) -> dict[str, Any]:
        (request,) = self.requests
        assert (request.get_method(), request.get_header("Content-type")) == ("PUT", "")
        answer: dict[str, Any] = json.loads(request.data)  # type: ignore[arg-type]
        return answer


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(monkeypatch)


def test_what_was_made_is_told_by_its_id(told: Told) -> None:
    event = sample_event("mobile", "platform_application")

    custom_resource(lambda asked: f"made-{asked.request_type}")(event, Context())

    assert told.answer == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "made-Create",
        **{name: event[name] for name in ("RequestId", "StackId", "LogicalResourceId")},
    }
    assert told.requests[0].full_url == event["ResponseURL"]


@pytest.mark.parametrize("known", ["", "an-id"])
def test_a_failure_is_told_by_its_kind_and_keeps_the_id(told: Told, known: str) -> None:
    def fail(_: Asked) -> str:
        raise ValueError("the key is s3cr3t")

    event = {**sample_event("mobile", "platform_application"), "PhysicalResourceId": known}
    custom_resource(fail)(event, Context())

    assert (told.answer["Status"], told.answer["PhysicalResourceId"]) == ("FAILED", known or "not-made")
    assert told.answer["Reason"].startswith("ValueError")
    assert "s3cr3t" not in str(told.answer)
