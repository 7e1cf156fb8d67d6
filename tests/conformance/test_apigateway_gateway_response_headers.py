"""A header of a gateway response replaces the one of API Gateway, however its name is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


@pytest.mark.parametrize("name", ["content-type", "CONTENT-TYPE"])
def test_there_is_exactly_one_content_type(client: Callable[[str], Any], engine: Engine, name: str) -> None:
    api = RestApi(client, engine)
    problem = {f"gatewayresponse.header.{name}": "'application/problem+json'"}
    api.gateway_response("DEFAULT_4XX", '{"title": "No"}', responseParameters=problem)

    answer = requests.get(f"{api.deploy()}/nowhere", timeout=5)

    assert answer.raw.headers.getlist("Content-Type") == ["application/problem+json"]
