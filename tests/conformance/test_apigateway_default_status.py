"""The status of a customised DEFAULT_4XX or DEFAULT_5XX is that of every response not customised itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def test_the_fallback_s_status_is_handed_down(client: Callable[[str], Any], engine: Engine) -> None:
    api = RestApi(client, engine)
    api.gateway_response("DEFAULT_4XX", statusCode="418")
    handed_down = requests.get(f"{api.deploy()}/nowhere", timeout=5)
    api.gateway_response("MISSING_AUTHENTICATION_TOKEN", statusCode="404")
    own = requests.get(f"{api.deploy()}/nowhere", timeout=5)

    assert (handed_down.status_code, own.status_code) == (418, 404)
