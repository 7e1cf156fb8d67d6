"""A stage writes one line a request into the log group of its access log settings, in its own format.

The stock engine keeps no AccessLogSetting of AWS::ApiGateway::Stage and never writes a line; the request ids
in a function's event, in the answer's `x-amzn-RequestId` and in a gateway response are three different ones.

On AWS the line is the format with its `$context` variables filled in, `-` for what has no value, and the id
of the request is one and the same everywhere.
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html

Values are escaped as within a JSON string, so that no client can write a second line or field. Whether AWS
does so here is not documented; it does for gateway responses (see apigateway_validation_messages).

Not followed: a Firehose stream as the destination, and requests refused for a wrong SigV4 signature, which
the engine answers before they reach the API.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import secrets
import time
from base64 import urlsafe_b64encode
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id
from ministack.services import apigateway_v1 as rest
from ministack.services import cloudwatch_logs
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]

VARIABLE = re.compile(r"\$context\.(\w+(?:\.\w+)*)")
LAMBDA_PROXY = "_invoke_lambda_proxy_v1"
INTEGRATIONS = (LAMBDA_PROXY, "_invoke_lambda_custom_v1", "_invoke_sqs_v1", "_invoke_http_proxy_v1")


@dataclass
class Integration:
    """What is known of the call behind the API; `status` is the backend's own, once it has answered."""

    is_function: bool
    started: float = field(default_factory=time.time)
    ended: float | None = None
    status: int | None = None

    def variables(self) -> Json:
        """Return `$context.integration`; a function's service status is 200 whatever the function says."""
        service_status = (200 if self.is_function else self.status) if self.ended else None
        latency = _milliseconds((self.ended or time.time()) - self.started)
        return {"status": self.status, "integrationStatus": service_status, "latency": latency}


@dataclass
class Record:
    """What is known of the request that is being answered."""

    request: Json = field(default_factory=dict)
    started: float = field(default_factory=time.time)
    authorizer: Json = field(default_factory=dict)
    error: Any = None
    integration: Integration | None = None


_current: ContextVar[Record | None] = ContextVar("rest_api_request", default=None)


def line(log_format: str, values: Json) -> str:
    """Fill the `$context` variables of an access log format.

    Parameters
    ----------
    log_format
        The stage's format.
    values
        The variables' values, nested as their names are: `{"identity": {"sourceIp": "127.0.0.1"}}`.
    """
    return VARIABLE.sub(lambda match: _value(values, match[1].split(".")), log_format)


def _value(node: Any, steps: list[str]) -> str:
    for step in steps:
        node = node.get(step) if isinstance(node, dict) else None
    if node is None or node == "" or isinstance(node, dict):
        return "-"
    return json.dumps(str(node), ensure_ascii=False)[1:-1]


def context(record: Record, method: str, path: str, response: Response) -> Json:
    """Return the `$context` of an answered request."""
    status, _headers, body = response
    request, error, headers = record.request, record.error, record.request["headers"]
    started = datetime.fromtimestamp(record.started, UTC)
    integration = record.integration.variables() if record.integration else {}
    forwarded = rest._header_ci(headers, "x-forwarded-for") or "127.0.0.1"
    return {
        "accountId": get_account_id(),
        "apiId": request["api_id"],
        "authorizer": record.authorizer,
        "domainName": rest._header_ci(headers, "host"),
        "error": {
            "message": error.message if error else None,
            "messageString": json.dumps(error.message) if error and error.message else None,
            "responseType": error.response_type if error else None,
            "validationErrorString": getattr(error, "validation_error", None),
        },
        "extendedRequestId": request["extended_request_id"],
        "httpMethod": method,
        "identity": {
            "sourceIp": forwarded.split(",", 1)[0].strip(),
            "userAgent": rest._header_ci(headers, "user-agent"),
            "apiKeyId": _api_key_id(headers),
        },
        "integration": integration,
        "integrationLatency": integration.get("latency"),
        "integrationStatus": integration.get("integrationStatus"),
        "path": f"/{request['stage_name']}{path}",
        "protocol": "HTTP/1.1",
        "requestId": request["request_id"],
        "requestTime": started.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(record.started * 1000),
        "resourcePath": request["resource_path"],
        "responseLatency": _milliseconds(time.time() - record.started),
        "responseLength": len(body),
        "stage": request["stage_name"],
        "status": status,
    }


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _api_key_id(headers: Json) -> str | None:
    key = rest._resolve_api_key(rest._api_key_from_request(headers))
    return key["id"] if key else None


def write(settings: Json, message: str) -> None:
    """Append a line to the log group that the settings name, if it is there."""
    _arn, _, group = str(settings["destinationArn"]).partition(":log-group:")
    place = {"logGroupName": group.removesuffix(":*")}
    known = cloudwatch_logs._log_groups.get(place["logGroupName"])
    if known is None:
        return
    today = datetime.now(UTC).date().isoformat()
    place["logStreamName"] = hashlib.md5(today.encode(), usedforsecurity=False).hexdigest()
    if place["logStreamName"] not in known["streams"]:
        cloudwatch_logs._create_log_stream(place)
    event = {"timestamp": int(time.time() * 1000), "message": message}
    cloudwatch_logs._put_log_events({**place, "logEvents": [event]})


def access_log_settings(properties: Json) -> Json:
    """Return the stage's settings as the service keeps them, from the CloudFormation properties."""
    given = properties.get("AccessLogSetting") or {}
    settings = {"destinationArn": given.get("DestinationArn"), "format": given.get("Format")}
    return {key: value for key, value in settings.items() if value}


def fill() -> None:
    """Follow each request through the data plane and log it; keep the settings that CloudFormation gives."""
    _follow_requests()
    _note_authorizers_errors_and_integrations()
    stage = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Stage"]
    create, update = stage["create"], stage["update"]

    @functools.wraps(create)
    def create_with_log(logical_id: str, properties: Json, stack_name: str) -> Any:
        created = create(logical_id, properties, stack_name)
        _stage(properties)["accessLogSettings"] = access_log_settings(properties)
        return created

    @functools.wraps(update)
    def update_with_log(stage_name: str, before: Json, after: Json, stack_name: str) -> Any:
        updated = update(stage_name, before, after, stack_name)
        _stage(after)["accessLogSettings"] = access_log_settings(after)
        return updated

    stage.update(create=create_with_log, update=update_with_log)


def _stage(properties: Json) -> Json:
    stage: Json = rest._stages_v1[properties["RestApiId"]][properties["StageName"]]
    return stage


def _follow_requests() -> None:
    handle, execute, event = (
        rest._handle_execute_in_scope,
        rest._execute_in_scope,
        rest._build_lambda_event_v1,
    )

    @functools.wraps(handle)
    async def logged(api_id: str, stage_name: str, method: str, path: str, *call: Any) -> Response:
        record = Record()
        token = _current.set(record)
        try:
            response: Response = await handle(api_id, stage_name, method, path, *call)
        finally:
            _current.reset(token)
        stage = record.request.get("stage") or {}
        if stage:
            response[1].setdefault("x-amzn-requestid", record.request["request_id"])
            response[1]["x-amz-apigw-id"] = record.request["extended_request_id"]
        settings = stage.get("accessLogSettings") or {}
        if settings.get("destinationArn") and settings.get("format"):
            write(settings, line(settings["format"], context(record, method, path, response)))
        return response

    @functools.wraps(execute)
    async def noted(request: Json, *call: Any) -> Any:
        record = _current.get()
        if record is not None:
            record.request = request
            request["extended_request_id"] = urlsafe_b64encode(secrets.token_bytes(11)).decode()
        return await execute(request, *call)

    @functools.wraps(event)
    def with_the_request_id(*call: Any, **details: Any) -> Json:
        built: Json = event(*call, **details)
        record = _current.get()
        if record is not None:
            built["requestContext"]["requestId"] = record.request["request_id"]
            built["requestContext"]["extendedRequestId"] = record.request["extended_request_id"]
        return built

    rest._handle_execute_in_scope = logged
    rest._execute_in_scope = noted
    rest._build_lambda_event_v1 = with_the_request_id


def _note_authorizers_errors_and_integrations() -> None:
    authorize, respond = rest._authorize_request_v1, rest._gateway_error_response

    @functools.wraps(authorize)
    async def noting_the_caller(*call: Any) -> Any:
        error, authorizer = await authorize(*call)
        record = _current.get()
        if record is not None:
            record.authorizer = authorizer or {}
        return error, authorizer

    @functools.wraps(respond)
    def noting_the_error(error: Any, request: Json) -> Response:
        record = _current.get()
        if record is not None:
            record.error = error
        response: Response = respond(error, request)
        return response

    rest._authorize_request_v1 = noting_the_caller
    rest._gateway_error_response = noting_the_error
    for name in INTEGRATIONS:
        setattr(rest, name, _timed(getattr(rest, name), is_function=name == LAMBDA_PROXY))


def _timed(invoke: Callable[..., Awaitable[Any]], *, is_function: bool) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(invoke)
    async def timed(*call: Any, **details: Any) -> Any:
        integration = Integration(is_function)
        record = _current.get()
        if record is not None:
            record.integration = integration
        try:
            response = await invoke(*call, **details)
            if isinstance(response, tuple):
                integration.status = response[0]
            return response
        finally:
            integration.ended = time.time()

    return timed
