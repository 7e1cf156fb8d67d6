"""The mapping's own door, for streams: CreateEventSourceMapping, UpdateEventSourceMapping and CloudFormation.

The stock functions keep the mapping; around them stand what Lambda refuses, the properties that they drop,
the defaults and states that AWS reports, and the starting position, found when the mapping is made.
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from local.engine.streams import destinations
from local.engine.streams.functions import first_denied, record_of
from local.engine.streams.poller import Mapping, Poller, kind_of
from local.engine.streams.settings import DEFAULTS, problem, truth

CLOUDFORMATION_TYPE = "AWS::Lambda::EventSourceMapping"
READS = {
    "kinesis": (
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:DescribeStream",
        "kinesis:ListShards",
    ),
    "dynamodb": ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"),
}
REPLACED_BY = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp")

Response = tuple[int, dict[str, Any], bytes]


def open_door(poller: Poller) -> None:
    """Put the streams' part in front of the engine's functions."""
    lambda_svc._create_esm = _creating(lambda_svc._create_esm, poller)
    lambda_svc._update_esm = _updating(lambda_svc._update_esm, poller)
    handlers = provisioners._RESOURCE_HANDLERS[CLOUDFORMATION_TYPE]
    provisioners._RESOURCE_HANDLERS[CLOUDFORMATION_TYPE] = {
        **handlers,
        "create": _provisioning(handlers["create"]),
        "update": _reprovisioning(handlers["update"], handlers["delete"]),
    }


def _creating(create: Callable[[Mapping], Response], poller: Poller) -> Callable[[Mapping], Response]:
    @functools.wraps(create)
    def create_mapping(request: Mapping) -> Response:
        kind = kind_of(request.get("EventSourceArn", ""))
        if kind is None:
            return create(request)
        refused = _refusal(request, kind)
        if refused:
            return refused
        with poller.lock:
            response = create({**DEFAULTS, **request})
            status, headers, body = response
            if status >= HTTPStatus.BAD_REQUEST:
                return response
            answer = json.loads(body)
            mapping = lambda_svc._esms[answer["UUID"]]
            mapping.update({name: request.get(name, default) for name, default in DEFAULTS.items()})
            if "StartingPositionTimestamp" in request:
                mapping["StartingPositionTimestamp"] = _seconds(request["StartingPositionTimestamp"])
            poller.adopt((get_account_id(), get_region(), answer["UUID"]), mapping)
        poller.start()
        shown = lambda_svc._esm_response(mapping) | {"State": "Creating"}
        return status, headers, json.dumps(shown).encode()

    return create_mapping


def _updating(
    update: Callable[[str, Mapping], Response], poller: Poller
) -> Callable[[str, Mapping], Response]:
    @functools.wraps(update)
    def update_mapping(mapping_id: str, request: Mapping) -> Response:
        mapping = lambda_svc._esms.get(mapping_id) or {}
        kind = kind_of(mapping.get("EventSourceArn", ""))
        if kind is None:
            return update(mapping_id, request)
        why = problem(request, kind, creating=False)
        if why:
            return _refuse(why)
        was_enabled = truth(mapping["Enabled"])
        with poller.lock:
            response = update(mapping_id, request)
            if "TumblingWindowInSeconds" in request:
                mapping["TumblingWindowInSeconds"] = request["TumblingWindowInSeconds"]
        poller.wake()
        status, headers, body = response
        if status >= HTTPStatus.BAD_REQUEST:
            return response
        enabled = truth(mapping["Enabled"])
        state = "Updating" if enabled == was_enabled else "Enabling" if enabled else "Disabling"
        return status, headers, json.dumps(json.loads(body) | {"State": state}).encode()

    return update_mapping


def _refusal(request: Mapping, kind: str) -> Response | None:
    why = problem(request, kind, creating=True)
    if why:
        return _refuse(why)
    name, qualifier, error = lambda_svc._resolve_existing_esm_function(request.get("FunctionName", ""))
    if error:
        found: Response = error
        return found
    source = request["EventSourceArn"]
    arn = lambda_svc._func_arn(name) + (f":{qualifier}" if qualifier else "")
    for mapping in lambda_svc._esms.values():
        if (mapping["EventSourceArn"], mapping["FunctionArn"]) == (source, arn):
            return _answer(
                "ResourceConflictException",
                f'The event source arn (" {source} ") and function (" {name} ") provided mapping already '
                f"exists. Please update or delete the existing mapping with UUID {mapping['UUID']}",
                HTTPStatus.CONFLICT,
            )
    return _refuse_role(request, kind, arn)


def _refuse_role(request: Mapping, kind: str, function_arn: str) -> Response | None:
    record = record_of(function_arn)
    config, source = (record or {}).get("config", {}), request["EventSourceArn"]
    if first_denied(config, READS[kind], source):
        actions = ", ".join(action.partition(":")[2] for action in READS[kind])
        return _refuse(
            f"Cannot access stream {source}. Please ensure the role can perform the {actions} Actions "
            "on your stream in IAM."
        )
    target = ((request.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if target:
        action, resource = destinations.needed(target)
        if first_denied(config, (action,), resource):
            service, name = action.split(":")
            return _refuse(
                f"The provided execution role does not have permissions to call {name} on {service.upper()}"
            )
    return None


def _refuse(why: str) -> Response:
    return _answer("InvalidParameterValueException", why, HTTPStatus.BAD_REQUEST)


def _answer(code: str, why: str, status: int) -> Response:
    answer: Response = error_response_json(code, why, status)
    return answer


def _seconds(moment: float | str) -> float:
    """Return a time that the SDKs send as seconds, and a template may write in ISO 8601."""
    try:
        return float(moment)
    except ValueError:
        parsed = datetime.fromisoformat(str(moment))
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _provisioning(stock: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(stock)
    def create_resource(logical_id: str, properties: Mapping, stack: str) -> Any:
        if kind_of(properties.get("EventSourceArn", "")) is None:
            return stock(logical_id, properties, stack)
        mapping_id = _called(lambda_svc._create_esm(_request(properties)))["UUID"]
        return mapping_id, provisioners._lambda_esm_attrs(mapping_id)

    return create_resource


def _reprovisioning(stock: Callable[..., Any], delete: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(stock)
    def update_resource(mapping_id: str, old: Mapping, new: Mapping, stack: str) -> Any:
        if kind_of(new.get("EventSourceArn", "")) is None:
            return stock(mapping_id, old, new, stack)
        if any(old.get(name) != new.get(name) for name in REPLACED_BY):
            fresh = _called(lambda_svc._create_esm(_request(new)))["UUID"]
            delete(mapping_id, old)
            return fresh, provisioners._lambda_esm_attrs(fresh)
        unset = {name: DEFAULTS.get(name) for name in (*DEFAULTS, "FilterCriteria")}
        _called(lambda_svc._update_esm(mapping_id, {**unset, "Enabled": True, **_request(new)}))
        return mapping_id, provisioners._lambda_esm_attrs(mapping_id)

    return update_resource


def _request(properties: Mapping) -> Mapping:
    """Return a template's properties as the API takes them: numbers may be text, and tags are a list."""
    request = dict(properties)
    if "Tags" in request:
        request["Tags"] = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    for name, default in DEFAULTS.items():
        if name in request and isinstance(default, bool):
            request[name] = truth(request[name])
        elif name in request and isinstance(default, int):
            request[name] = int(request[name])
    if "Enabled" in request:
        request["Enabled"] = truth(request["Enabled"])
    return request


def _called(response: Response) -> Mapping:
    status, _headers, body = response
    answer: Mapping = json.loads(body)
    if status >= HTTPStatus.BAD_REQUEST:
        raise ValueError(answer.get("Message") or answer.get("message") or str(answer))
    return answer
