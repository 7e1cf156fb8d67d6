"""An API's own domain is an origin like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.engine.process import REGION
from tests.conformance.distributions import Distribution
from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def test_a_distribution_asks_the_api(client: Callable[[str], Any], engine: Engine) -> None:
    api = RestApi(client, engine)
    problem = {"gatewayresponse.header.Content-Type": "'application/problem+json'"}
    api.gateway_response("DEFAULT_4XX", '{"title": "of the API"}', responseParameters=problem)
    stage = api.deploy().rsplit("/", 1)[1]
    origin = {
        "DomainName": f"{api.id}.execute-api.{REGION}.amazonaws.com",
        "OriginPath": f"/{stage}",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }

    answer = Distribution(client, engine, origin).get("/nowhere")

    assert answer.text == '{"title": "of the API"}'
    assert answer.headers["X-Cache"] == "Miss from cloudfront"
