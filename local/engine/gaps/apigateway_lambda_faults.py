"""A function that fails, answers nonsense or takes too long is a fault of the integration, told by a status.

The stock engine answers a handler's exception with its text, a reply that is no proxy response with 200, a
throttled function with 429, and waits for a function as long as it likes.

On AWS the caller learns nothing of the inside: `{"message": "Internal server error"}` with 502 after an
exception, a function timeout or a malformed reply, with 500 when the function cannot be invoked now;
`Endpoint request timed out` with 504 when the integration's own time is over, while the function runs on. All
go through the API's gateway responses: DEFAULT_5XX, API_CONFIGURATION_ERROR and INTEGRATION_TIMEOUT.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
https://repost.aws/knowledge-center/malformed-502-api-gateway

A reply may hold the five fields of the output format and no other; none of them is required.
"""

from __future__ import annotations

import asyncio
import functools
import json
from http import HTTPStatus
from typing import Any

from ministack.services import apigateway_v1 as rest

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]

OUTPUT_FIELDS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
STATUS_CODES = range(100, 600)
MESSAGE = "Internal server error"

_running_on: set[asyncio.Task[Any]] = set()


class ProxyFaultError(Exception):
    """The function gave no reply that can be sent on; carries the gateway error that answers instead."""

    def __init__(self, gateway_error: Any) -> None:
        super().__init__(gateway_error.message)
        self.gateway_error = gateway_error


def bad_gateway() -> Any:
    """Return the fault of a function that failed: DEFAULT_5XX, with 502 unless the API says otherwise."""
    error = rest._GatewayError("DEFAULT_5XX", MESSAGE)
    error.default_status = int(HTTPStatus.BAD_GATEWAY)
    return error


def proxy_response(result: Json) -> Json:
    """Return the function's reply in the form that the engine sends on.

    Parameters
    ----------
    result
        The engine's record of the invocation: `body` is the parsed reply, `error` and `throttle` are flags.

    Raises
    ------
    ProxyFaultError
        When there is no reply or it is not of the output format.
    """
    if result.get("throttle"):
        raise ProxyFaultError(rest._gw_error("API_CONFIGURATION_ERROR", MESSAGE))
    reply = _parsed(result.get("body"))
    if result.get("error") or not isinstance(reply, dict) or not _is_well_formed(reply):
        raise ProxyFaultError(bad_gateway())
    return {
        "statusCode": int(reply.get("statusCode", HTTPStatus.OK)),
        "headers": {name: _header(value) for name, value in (reply.get("headers") or {}).items()},
        "multiValueHeaders": {
            name: [_header(value) for value in values]
            for name, values in (reply.get("multiValueHeaders") or {}).items()
        },
        "body": reply.get("body") or "",
        "isBase64Encoded": bool(reply.get("isBase64Encoded")),
    }


def _parsed(body: Any) -> Any:
    if not isinstance(body, bytes):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return None


def _is_well_formed(reply: Json) -> bool:
    headers, lists = reply.get("headers") or {}, reply.get("multiValueHeaders") or {}
    return (
        reply.keys() <= OUTPUT_FIELDS
        and _is_status(reply.get("statusCode", HTTPStatus.OK))
        and isinstance(reply.get("body"), str | None)
        and isinstance(headers, dict)
        and all(isinstance(value, str | bool | int | float) for value in headers.values())
        and isinstance(lists, dict)
        and all(isinstance(values, list) for values in lists.values())
    )


def _is_status(value: Any) -> bool:
    try:
        return int(value) in STATUS_CODES
    except (TypeError, ValueError):
        return False


def _header(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def fill() -> None:
    """Answer every fault of a proxy integration through the gateway responses."""
    invoke, respond = rest._invoke_lambda_proxy_v1, rest._gateway_error_response

    @functools.wraps(rest._lambda_proxy_response)
    def well_formed(result: Json) -> tuple[Json, None]:
        return proxy_response(result), None

    @functools.wraps(invoke)
    async def in_time(integration: Json, *call: Any, **context: Any) -> Any:
        invocation = asyncio.create_task(invoke(integration, *call, **context))
        _running_on.add(invocation)
        invocation.add_done_callback(_running_on.discard)
        await asyncio.wait({invocation}, timeout=int(integration["timeoutInMillis"]) / 1000)
        if not invocation.done():
            invocation.add_done_callback(lambda late: late.exception())
            return rest._GatewayError(
                "INTEGRATION_TIMEOUT", "Endpoint request timed out", "InternalServerErrorException"
            )
        try:
            return invocation.result()
        except ProxyFaultError as fault:
            return fault.gateway_error

    @functools.wraps(respond)
    def with_default_status(error: Any, request: Json) -> Response:
        status, headers, body = respond(error, request)
        default_status = getattr(error, "default_status", None)
        if default_status and "statusCode" not in _customised(error.response_type, request):
            return default_status, headers, body
        return status, headers, body

    rest._lambda_proxy_response = well_formed
    rest._invoke_lambda_proxy_v1 = in_time
    rest._gateway_error_response = with_default_status


def _customised(response_type: str, request: Json) -> Json:
    deployed = rest._deployed_gateway_responses.get(request["api_id"], {})
    responses: Json = deployed.get(request["stage"].get("deploymentId")) or {}
    customised: Json = responses.get(response_type, {})
    return customised
