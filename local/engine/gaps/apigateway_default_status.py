"""The status of a customised DEFAULT_4XX or DEFAULT_5XX is that of every response not customised itself.

The stock engine hands down their headers and templates, and keeps each type's own status.

"Changing the status code of this fallback gateway response changes the status codes of all other 4XX
responses to the new value"; while the fallback has none, the types keep theirs.
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import apigateway_v1 as rest

Json = dict[str, Any]


def fill() -> None:
    """Hand down the status of the fallback too."""
    choose = rest._gateway_response_for_type

    @functools.wraps(choose)
    def with_fallback_status(customised: Json, response_type: str) -> Json:
        response: Json = choose(customised, response_type)
        fallback = customised.get(rest._gateway_response_family(response_type)) or {}
        if response_type in customised or not fallback.get("statusCode"):
            return response
        return {**response, "statusCode": fallback["statusCode"]}

    rest._gateway_response_for_type = with_fallback_status
