"""Refreshed tokens tell when the user signed in, and not when they were refreshed.

The stock engine sets `auth_time` to the present in every token. A client that follows OpenID Connect, as
oidc-client-ts does, refuses such an id token: the session ends with its first access token.

After OpenID Connect Core 1.0, section 12.2,
https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse, and
https://docs.aws.amazon.com/cognito/latest/developerguide/, "Understanding the identity (ID) token":
`auth_time` is when the user completed authentication.
"""

from __future__ import annotations

from typing import Any

from ministack.services import cognito


def fill() -> None:
    """Keep the time of each sign-in; `origin_jti` is what all tokens of one have in common."""
    signed_jwt = cognito._signed_jwt
    signed_in: dict[str, int] = {}

    def signed_with_time(claims: dict[str, Any], *more: Any) -> Any:
        if "auth_time" in claims and "origin_jti" in claims:
            claims["auth_time"] = signed_in.setdefault(claims["origin_jti"], claims["auth_time"])
        return signed_jwt(claims, *more)

    cognito._signed_jwt = signed_with_time
