"""A REST API refuses at its door what AWS does: too large a body, too long headers, unheard-of methods.

The stock engine takes a body and headers of any size and hands every method, `FOO` too, to an ANY method.

On AWS a body may have 10 MB and the header lines together 10,240 bytes; a function takes 6 MB of event.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

The answer is the gateway response REQUEST_TOO_LARGE, as
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html says. Where
an API does not customise it, the front of API Gateway has been seen to answer in plain text (`HTTP content
length exceeded 10485760 bytes.` and `HTTP header is larger than 10240 bytes.`; the status of the latter is
inferred), and so it is here. There are reports that it does so even where the response is customised: a
client must not rely on the form.
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import apigateway_v1 as rest

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_HEADER_BYTES = 10_240
MAX_EVENT_BYTES = 6 * 1024 * 1024
METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
LINE_OVERHEAD = len(": \r\n")


def header_bytes(headers: Json) -> int:
    """Return how long the header lines are together, names, separators and line ends included."""
    lines = [(name, line) for name, value in headers.items() for line in _lines(value)]
    return sum(len(name) + len(line.encode("utf-8", "replace")) + LINE_OVERHEAD for name, line in lines)


def _lines(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(line) for line in value]


def door_error(method: str, headers: Json, body: bytes | None) -> Any:
    """Return the gateway error of a request that goes no further than the door, or None."""
    if len(body or b"") > MAX_BODY_BYTES:
        return rest._gw_error("REQUEST_TOO_LARGE", f"HTTP content length exceeded {MAX_BODY_BYTES} bytes.")
    if header_bytes(headers) > MAX_HEADER_BYTES:
        return rest._gw_error("REQUEST_TOO_LARGE", f"HTTP header is larger than {MAX_HEADER_BYTES} bytes.")
    if method not in METHODS:
        return rest._gw_error("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
    return None


def fill() -> None:
    """Look at every request to a deployed stage before anything else does."""
    execute, invoke, respond = (
        rest._execute_in_scope,
        rest._invoke_lambda_proxy_v1,
        rest._gateway_error_response,
    )

    @functools.wraps(execute)
    async def within_limits(request: Json, api_id: str, stage_name: str, *call: Any) -> Any:
        stage = rest._stages_v1.get(api_id, {}).get(stage_name)
        method, _path, headers, body = call[:4]
        error = door_error(method, headers, body) if stage else None
        if error is None:
            return await execute(request, api_id, stage_name, *call)
        request["stage"] = stage
        return error

    @functools.wraps(invoke)
    async def within_event_limit(*call: Any, **context: Any) -> Any:
        if any(len(argument) > MAX_EVENT_BYTES for argument in call if isinstance(argument, bytes)):
            return rest._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        return await invoke(*call, **context)

    @functools.wraps(respond)
    def plainly_unless_customised(error: Any, request: Json) -> Response:
        status, headers, body = respond(error, request)
        kind = error.response_type
        if kind == "REQUEST_TOO_LARGE" and not {kind, "DEFAULT_4XX"} & _customised(request):
            return status, {**headers, "Content-Type": "text/plain"}, error.message.encode()
        return status, headers, body

    rest._execute_in_scope = within_limits
    rest._invoke_lambda_proxy_v1 = within_event_limit
    rest._gateway_error_response = plainly_unless_customised


def _customised(request: Json) -> set[str]:
    deployed = rest._deployed_gateway_responses.get(request["api_id"], {})
    return set(deployed.get(request["stage"].get("deploymentId")) or {})
