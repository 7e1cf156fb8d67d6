"""A body is validated by the model of its media type, by that of `$default`, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conformance.rest_api import RestApi, content

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

REASON = '["$context.error.validationErrorString"]'


@pytest.fixture(scope="module")
def pets(client: Callable[[str], Any], engine: Engine) -> str:
    """The URL of an API with a model for JSON only, and one with a model for everything."""
    api = RestApi(client, engine)
    api.model("Pet", {"type": "object", "required": ["name"]})
    validator = api.validator()
    for path, media_type in {"/json": "application/json", "/every": "$default"}.items():
        api.mock(path, "POST", requestModels={media_type: "Pet"}, requestValidatorId=validator)
    api.gateway_response("BAD_REQUEST_BODY", REASON)
    return api.deploy()


def test_only_the_media_type_of_the_model_is_validated(pets: str) -> None:
    types = ("application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", "a b")

    answers = [
        requests.post(f"{pets}/json", b"{}", headers={"Content-Type": kind}, timeout=5) for kind in types
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 200, 200]


def test_a_body_without_a_media_type_counts_as_json(pets: str) -> None:
    answers = [requests.post(f"{pets}/{path}", data=b"{}", timeout=5) for path in ("json", "every")]

    assert [answer.status_code for answer in answers] == [400, 400]


def test_the_default_model_is_for_every_media_type(pets: str) -> None:
    answer = requests.post(f"{pets}/every", data=b"{}", headers={"Content-Type": "text/plain"}, timeout=5)

    assert answer.status_code == 400
    assert content(answer) == ['[object has missing required properties (["name"])]']
