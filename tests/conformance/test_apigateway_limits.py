"""A REST API refuses at its door what AWS does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

MEGABYTE = 1024 * 1024
ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': event['httpMethod']}\n"


@pytest.fixture(scope="module")
def plain(client: Callable[[str], Any], engine: Engine) -> str:
    """The URL of an API that customises nothing."""
    api = RestApi(client, engine)
    api.mock("/mock", "POST", '{"taken": true}')
    api.function("/function", "ANY", ECHO)
    return api.deploy()


@pytest.fixture(scope="module")
def customised(client: Callable[[str], Any], engine: Engine) -> str:
    """The URL of an API with problem details of its own."""
    api = RestApi(client, engine)
    api.mock("/mock", "POST")
    api.gateway_response(
        "REQUEST_TOO_LARGE",
        '{"title": $context.error.messageString}',
        responseParameters={"gatewayresponse.header.Content-Type": "'application/problem+json'"},
    )
    return api.deploy()


def test_a_body_of_ten_megabytes_is_taken_and_one_byte_more_is_not(plain: str) -> None:
    taken = requests.post(f"{plain}/mock", data=b"a" * 10 * MEGABYTE, timeout=20)
    refused = requests.post(f"{plain}/mock", data=b"a" * (10 * MEGABYTE + 1), timeout=20)

    assert (taken.status_code, taken.json()) == (200, {"taken": True})
    assert (refused.status_code, refused.text) == (413, "HTTP content length exceeded 10485760 bytes.")


def test_a_customised_answer_is_used(customised: str) -> None:
    refused = requests.post(f"{customised}/mock", data=b"a" * (10 * MEGABYTE + 1), timeout=20)

    assert refused.status_code == 413
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json() == {"title": "HTTP content length exceeded 10485760 bytes."}


def test_a_function_takes_no_event_beyond_six_megabytes(plain: str) -> None:
    refused = requests.post(f"{plain}/function", data=b"a" * (6 * MEGABYTE + 1), timeout=20)

    assert (refused.status_code, refused.text) == (413, "Request Too Long")


def test_header_lines_together_may_have_10240_bytes(plain: str) -> None:
    taken = requests.post(f"{plain}/mock", headers={"X-Long": "a" * 9800}, timeout=5)
    refused = requests.post(f"{plain}/mock", headers={"X-Long": "a" * 5000, "X-More": "b" * 5300}, timeout=5)

    assert taken.status_code == 200
    assert (refused.status_code, refused.text) == (413, "HTTP header is larger than 10240 bytes.")


def test_any_stands_for_the_methods_of_api_gateway_only(plain: str) -> None:
    known = [
        requests.request(method, f"{plain}/function", timeout=5) for method in ("PUT", "DELETE", "OPTIONS")
    ]
    unknown = [requests.request(method, f"{plain}/function", timeout=5) for method in ("FOO", "PROPFIND")]

    assert [answer.text for answer in known] == ["PUT", "DELETE", "OPTIONS"]
    assert [answer.status_code for answer in unknown] == [403, 403]
