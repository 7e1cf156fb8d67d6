"""A body is validated by the model of its media type, by that of `$default`, or not at all.

The stock engine takes the model of application/json for every media type that has none.

On AWS "if no matching content type is found, request validation is not performed", so that a client which
says `Content-Type: text/plain` passes the gateway with any body: the function must look for itself. A body
without a Content-Type counts as application/json.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import apigateway_v1 as rest

Json = dict[str, Any]

DEFAULT = "$default"


def model_for(models: dict[str, str], content_type: str) -> dict[str, str]:
    """Return the one entry of a method's request models that is for this Content-Type, if there is one."""
    media_type = (content_type or "application/json").split(";", 1)[0].strip()
    by_media_type = {name.lower(): model for name, model in models.items()}
    model = by_media_type.get(media_type.lower(), by_media_type.get(DEFAULT))
    return {media_type: model} if model else {}


def fill() -> None:
    """Show the validator the one model that is for the request's media type."""
    check = rest._check_request_validation

    @functools.wraps(check)
    def by_media_type(method: Json, api_id: str, request: Json, headers: Json, *more: Any) -> Any:
        models = model_for(method.get("requestModels") or {}, rest._header_ci(headers, "content-type"))
        return check({**method, "requestModels": models}, api_id, request, headers, *more)

    rest._check_request_validation = by_media_type
