"""The authorizer of what everybody may read: who calls, and by which plan the request is counted.

It lets every request in. Signing in is optional here, so API Gateway has no identity to keep an answer by,
and asks each time; a token that is no good is refused by the function behind it, with 401.
"""

import time
from typing import Any

import msgspec

from shared import config
from shared.observability import observed
from shared.tokens import Tokens, published
from web.callers import identify


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables; the endpoint's is the one that every AWS SDK reads."""

    user_pool_id: str
    visitor_key: str
    free_key: str
    premium_key: str
    aws_endpoint_url: str = ""


settings = config.read(Settings)
cognito = f"https://cognito-idp.{settings.user_pool_id.partition('_')[0]}.amazonaws.com"
keys = {"visitor": settings.visitor_key, "free": settings.free_key, "premium": settings.premium_key}

keys_at = f"{settings.aws_endpoint_url or cognito}/{settings.user_pool_id}/.well-known/jwks.json"
tokens = Tokens(f"{cognito}/{settings.user_pool_id}", lambda: published(keys_at), time.time)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """Tell who makes the request, and name the key of their tier."""
    headers = (event.get("multiValueHeaders") or {}).items()
    caller = identify(
        [one for name, values in headers if name.lower() == "authorization" for one in values], tokens
    )
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {
        "principalId": caller.id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"tier": caller.tier, "groups": " ".join(caller.groups), "refused": caller.refused},
        "usageIdentifierKey": keys[caller.tier],
    }
