"""A signature counts for an AWS_IAM method only when it was made for API Gateway, in the API's Region.

The stock engine takes a signature that was made for another service, so that one which was given away for
reading an object would open the API too; one for another Region it takes for a missing permission.

"The credential scope restricts the resulting signature to the specified Region and service", and a request
whose scope does not match is refused as wrongly signed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core.iam_evaluator import AuthError
from ministack.services import apigateway_v1 as rest

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE = "execute-api"
SCOPE = re.compile(r"[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


def fill() -> None:
    """Look at the scope before anything else of a signature."""
    enforce = app._enforce_execute_api

    @functools.wraps(enforce)
    def with_scope(*arguments: Any, **settings: Any) -> Any:
        api_id, stage, method, path, headers, query = arguments[:6]
        kind = app._execute_api_authorization_type(api_id, stage, method, path) if app.AUTH else None
        wrong = misplaced(api_id, headers, query) if kind == "AWS_IAM" else None
        if wrong:
            error = AuthError("SignatureDoesNotMatch", wrong)
            refused = rest.authentication_error_response(api_id, stage, error, headers, query)
            if refused is not None:
                return refused
        return enforce(*arguments, **settings)

    app._enforce_execute_api = with_scope


def misplaced(api_id: str, headers: Mapping[str, str], query: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the scope of a signature, or None: also where there is none to be read."""
    given = re.search(r"Credential=([^,\s]+)", headers.get("authorization", ""))
    presigned = query.get("X-Amz-Credential") or [""]
    text = given[1] if given else presigned if isinstance(presigned, str) else presigned[0]
    scope = SCOPE.fullmatch(text)
    owner = rest.find_api_scope(api_id)
    if scope is None or owner is None:
        return None
    if scope["service"] != SERVICE:
        return f"Credential should be scoped to correct service: '{SERVICE}'. "
    if scope["region"] != owner[1]:
        return f"Credential should be scoped to a valid region, not '{scope['region']}'. "
    return None
