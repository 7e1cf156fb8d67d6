"""A header of a gateway response replaces the one of API Gateway, however its name is written.

The stock engine sends both when the case differs, and a client reads
`Content-Type: application/json, application/problem+json`.

Header names are case-insensitive (RFC 9110, 5.1), and on AWS a customised one overrides the default.
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-gateway-responses.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import apigateway_v1 as rest

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]


def without_doubles(headers: Json) -> Json:
    """Return the headers with the last of those whose names differ in case only."""
    last_spelling = {name.lower(): name for name in headers}
    return {name: headers[name] for name in last_spelling.values()}


def fill() -> None:
    """Send each header of a gateway response once."""
    respond = rest._gateway_error_response

    @functools.wraps(respond)
    def with_single_headers(error: Any, request: Json) -> Response:
        status, headers, body = respond(error, request)
        return status, without_doubles(headers), body

    rest._gateway_error_response = with_single_headers
