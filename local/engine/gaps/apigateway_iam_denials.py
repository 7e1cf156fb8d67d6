"""A caller whose policies do not allow an AWS_IAM method gets the API's gateway response ACCESS_DENIED.

The stock engine answers as a service's own API does, `AccessDeniedException` in `application/x-amz-json-1.0`,
whatever the REST API has customised.

After https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import functools
import json
from http import HTTPStatus
from typing import Any

from ministack import app
from ministack.services import apigateway_v1 as rest

DENIED = "AccessDeniedException"


def fill() -> None:
    """Answer denials of REST APIs through their gateway responses."""
    enforce = app._enforce_execute_api

    @functools.wraps(enforce)
    def with_gateway_response(api_id: str, stage: str, *arguments: Any, **settings: Any) -> Any:
        refused = enforce(api_id, stage, *arguments, **settings)
        scope, stages = rest.find_api_scope(api_id), rest.stages_for_api(api_id)
        if not refused or not scope or stage not in stages or not _is_denial(refused):
            return refused
        _method, _path, headers, query_params = arguments[:4]
        request = {
            "api_id": api_id,
            "stage_name": stage,
            "stage": stages[stage],
            "headers": headers or {},
            "query_params": query_params or {},
            "path_params": {},
            "resource_path": "",
            "request_id": rest.new_uuid(),
        }
        with rest.request_scope(*scope):
            return rest._gateway_error_response(rest._deny_error(False), request)

    app._enforce_execute_api = with_gateway_response


def _is_denial(refused: Any) -> bool:
    status, _headers, body = refused
    try:
        kind = str(json.loads(body).get("__type", ""))
    except (ValueError, AttributeError):
        return False
    return status in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN} and kind.endswith(DENIED)
