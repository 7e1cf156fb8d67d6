"""A method without scopes takes the ID token of a user pool, and no access token.

The stock engine takes either.

On AWS the method's scopes decide: "If you didn't configure any scopes on the API Gateway method, then make
sure that you use a valid ID token. If you configure additional scopes [...] a valid access token."
https://repost.aws/knowledge-center/api-gateway-cognito-401-unauthorized
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import apigateway_v1 as rest

Json = dict[str, Any]


def fill() -> None:
    """Refuse access tokens where the method asks for no scope."""
    validate = rest._validate_cognito_authorizer

    @functools.wraps(validate)
    async def by_use(authorizer: Json, method: Json, *request: Any) -> tuple[Json | None, Any]:
        claims, error = await validate(authorizer, method, *request)
        if error is None and not method.get("authorizationScopes") and claims.get("token_use") == "access":
            return None, rest._gw_error("UNAUTHORIZED", "Unauthorized")
        return claims, error

    rest._validate_cognito_authorizer = by_use
