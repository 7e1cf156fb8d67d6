"""One pre token generation event makes both tokens, and where the trigger fails there are none.

The stock engine sends the event once for each token. When the function fails it issues the tokens as they
would be without it, lets the trigger change claims that are Cognito's own, and ignores a version two
trigger's groups.

After https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
and https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
(errors). What the token endpoint answers is not documented; here it is `invalid_grant`, as where a user may
no longer sign in.
"""

from __future__ import annotations

import contextvars
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json
from ministack.services import cognito
from ministack.services import lambda_svc as functions

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

SECTIONS = {"access": "accessTokenGeneration", "id": "idTokenGeneration"}
COGNITOS_OWN = {
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "cognito:username",
    "exp",
    "iat",
    "identities",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "origin_jti",
    "sub",
    "token_use",
}

ISSUED: contextvars.ContextVar[tuple[Any, Json]] = contextvars.ContextVar("issued", default=(None, {}))
"""What was issued last, and what the trigger answered: the ID token follows the access token."""


class TriggerError(Exception):
    """The trigger failed, and the sign-in with it.

    Parameters
    ----------
    code
        The error of the API.
    message
        What went wrong, in the words of AWS.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def apply_trigger(*, pool_id: str, claims: Json, **request: Any) -> Json:
    """Return a token's claims as the trigger wants them.

    Parameters
    ----------
    pool_id
        The user pool, with or without a trigger.
    claims
        What Cognito itself would write into the token.
    request
        What else the engine knows: `token_type` (`access` or `id`), `client_id`, `username`, `user_attrs`,
        `groups`, `trigger_source`, `client_metadata` and `scope`.

    Raises
    ------
    TriggerError
        When the function fails, or answers what is not an event.
    """
    kind = request.pop("token_type")
    arn, version = trigger((cognito._user_pools.get(pool_id) or {}).get("LambdaConfig") or {})
    machine = request["trigger_source"] == "TokenGeneration_ClientCredentials"
    if not arn or (version == "V1_0" and kind != "id") or (machine and version != "V3_0"):
        return claims
    issue = (pool_id, request["client_id"], claims.get("origin_jti"), request["trigger_source"])
    known, details = ISSUED.get()
    if kind == "access" or known != issue:
        event = cognito._build_pretoken_event(pool_id=pool_id, version=version, **request)
        details = overrides(answer(arn, event), version)
    ISSUED.set((issue if kind == "access" else None, details))
    return overridden(claims, details, kind, version)


def trigger(config: Json) -> tuple[str, str]:
    """Return the ARN of a pool's trigger, empty when it has none, and the version of its events."""
    versioned = config.get("PreTokenGenerationConfig") or {}
    if "LambdaArn" in versioned:
        return versioned["LambdaArn"], versioned["LambdaVersion"]
    return config.get("PreTokenGeneration", ""), "V1_0"


def answer(arn: str, event: Json) -> Any:
    """Send the event to the function and return what it answers."""
    record, config, _ = functions._get_func_record_for_ref(arn)
    if record is None:
        raise TriggerError("UnexpectedLambdaException", f"{arn} failed with error ResourceNotFoundException.")
    result = functions._execute_function_with_config_scope(
        functions._execution_record_for_config(record, config), event
    )
    if result.get("error"):
        reason = result["body"].get("errorMessage", "")
        raise TriggerError("UserLambdaValidationException", f"PreTokenGeneration failed with error {reason}.")
    return result.get("body")


def overrides(body: Any, version: str) -> Json:
    """Return the details of the response that a function's answer holds."""
    if not isinstance(body, dict) or not isinstance(body.get("response"), dict):
        raise TriggerError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    name = "claimsOverrideDetails" if version == "V1_0" else "claimsAndScopeOverrideDetails"
    return body["response"].get(name) or {}


def overridden(claims: Json, details: Json, kind: str, version: str) -> Json:
    """Return the claims of one token with the details applied."""
    section = details if version == "V1_0" else details.get(SECTIONS[kind]) or {}
    added = section.get("claimsToAddOrOverride") or {}
    dropped = section.get("claimsToSuppress") or []
    changed = {key: value for key, value in claims.items() if key in COGNITOS_OWN or key not in dropped}
    changed |= {key: value for key, value in added.items() if key not in COGNITOS_OWN}
    if kind == "access":
        suppressed, more = section.get("scopesToSuppress") or [], section.get("scopesToAdd") or []
        scopes = [scope for scope in claims["scope"].split() if scope not in suppressed]
        changed["scope"] = " ".join(dict.fromkeys([*scopes, *more]))
    if "groupOverrideDetails" in details:
        changed.pop("cognito:groups", None)
        groups = (details["groupOverrideDetails"] or {}).get("groupsToOverride")
        changed |= {"cognito:groups": groups} if groups else {}
    return changed


def fill() -> None:
    """Put the trigger into the way of every token, and its failure into that of every sign-in."""
    sign_in: Callable[..., Any] = cognito._run_idp_handler
    issue: Callable[..., Any] = cognito._oauth2_token

    def sign_in_or_fail(*request: Any) -> Any:
        try:
            return sign_in(*request)
        except TriggerError as error:
            return error_response_json(error.code, str(error), HTTPStatus.BAD_REQUEST)

    def issue_or_fail(*request: Any) -> Any:
        try:
            return issue(*request)
        except TriggerError as error:
            return cognito._oauth2_error("invalid_grant", str(error))

    cognito._apply_pretoken_trigger = apply_trigger
    cognito._run_idp_handler = sign_in_or_fail
    cognito._oauth2_token = issue_or_fail
