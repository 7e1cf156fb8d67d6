"""Adds to every token what the APIs go by: the member's tier and, in access tokens, the APIs' scopes.

Trigger event, version 2:
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
"""

from typing import Any

from shared.observability import observed

SCOPES = [
    "mobile/read",
    "mobile/write",
    "orders/read",
    "orders/write",
    "catalog/write",
    "operations/read",
    "operations/write",
    "stream/read",
    "stream/write",
]
# What Cognito puts into the access token of a sign-in by SRP or password, where no scope can be asked for.
API_SIGN_IN = ["aws.cognito.signin.user.admin"]


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """Return the event with its response filled in.

    A sign-in through the managed login asked for its scopes, so it keeps to what it asked for.
    """
    request = event["request"]
    groups = request["groupConfiguration"].get("groupsToOverride") or []
    claims = {"tier": "premium" if "premium" in groups else "free"}
    scopes = SCOPES if request.get("scopes") == API_SIGN_IN else []
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "idTokenGeneration": {"claimsToAddOrOverride": claims},
        "accessTokenGeneration": {"claimsToAddOrOverride": claims, "scopesToAdd": scopes},
    }
    return event
