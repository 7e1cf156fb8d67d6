"""A function sees every value of a repeated header or query parameter, and the last where it asks for one."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

ECHO = """import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@pytest.fixture(scope="module")
def echo(client: Callable[[str], Any], engine: Engine) -> str:
    """The URL of a function that answers with its event."""
    api = RestApi(client, engine)
    api.function("/echo", "GET", ECHO)
    return f"{api.deploy()}/echo"


def event(url: str, query: str = "", headers: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=20)
    connection.putrequest("GET", target.path + query)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_a_repeated_header_keeps_its_lines(echo: str) -> None:
    repeated = (("X-Key", "one"), ("X-Once", "a, b"), ("X-Key", "two"))

    seen = event(echo, headers=repeated)

    assert seen["multiValueHeaders"]["x-key"] == ["one", "two"]
    assert seen["headers"]["x-key"] == "two"
    assert (seen["headers"]["x-once"], seen["multiValueHeaders"]["x-once"]) == ("a, b", ["a, b"])


def test_a_repeated_query_parameter_gives_its_last_value(echo: str) -> None:
    seen = event(echo, "?limit=1&limit=2&cursor=")

    assert seen["multiValueQueryStringParameters"] == {"limit": ["1", "2"], "cursor": [""]}
    assert seen["queryStringParameters"] == {"limit": "2", "cursor": ""}
