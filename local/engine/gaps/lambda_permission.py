"""A service may invoke a function only where a statement of the function's policy allows it.

The stock engine keeps the policy, and holds it against direct calls of Invoke alone: an API, a user pool, a
rule, a topic or a bucket invokes whatever function it names.

On AWS the service calls as its own principal, with the resource it calls for as `aws:SourceArn` and that
resource's account as `aws:SourceAccount`; a statement for the function is none for its versions and aliases.
https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html

What a refusal comes to is the service's own matter. An API answers through its gateway response
API_CONFIGURATION_ERROR or, for an authorizer, AUTHORIZER_CONFIGURATION_ERROR; with a role for the call
(`credentials`) it needs no statement. A user pool fails the sign-in. Rules, topics and buckets deliver
nothing. Each refusal is a line of the engine's log.
https://repost.aws/knowledge-center/api-gateway-rest-api-lambda-integrations
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html

An API's source ARN has the path with its parameters filled in, so that a statement which names `{order_id}`
allows nothing: that is why SAM and the CDK write `*` there. The words of Cognito's message are those that its
users report; what its token endpoint answers is not documented, here it is `invalid_grant`.
"""

from __future__ import annotations

import functools
import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import apigateway_v1 as rest
from ministack.services import cognito, eventbridge, s3, sns
from ministack.services import lambda_svc as functions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Json = dict[str, Any]

ACTION = "lambda:InvokeFunction"
PARAMETER = re.compile(r"\{([^}+]+)\+?\}")
BEFORE_A_TRIGGER = {
    "_apply_custom_message_trigger": "CustomMessage",
    "_apply_inbound_federation_trigger": "InboundFederation",
    "_build_create_auth_challenge_event": "CreateAuthChallenge",
    "_build_define_auth_challenge_event": "DefineAuthChallenge",
    "_build_presignup_event": "PreSignUp",
    "_build_pretoken_event": "PreTokenGeneration",
    "_build_verify_auth_challenge_event": "VerifyAuthChallengeResponse",
}
"""What of the engine runs just before a trigger is called, and that trigger."""
DOORS = ("_run_idp_handler", "_oauth2_idp_response", "_saml2_idp_response")

log = logging.getLogger("lambda")


class TriggerRefusedError(Exception):
    """The user pool may not invoke its trigger, and the sign-in fails."""


def may_invoke(function: str, service: str, source: str, account: str = "") -> bool:
    """Say whether the function's policy lets a service invoke it.

    Parameters
    ----------
    function
        Its ARN or name, perhaps with a version or an alias. One that does not exist is left to the caller.
    service
        The service's principal, such as `sns.amazonaws.com`.
    source
        The ARN of the resource that the service calls for.
    account
        That resource's account, where the ARN does not tell it.
    """
    record, config, _ = functions._get_base_func_record_for_ref(function)
    if record is None or config is None:
        return True
    _, qualifier = functions._resolve_name_and_qualifier(function)
    asked = evaluator.EvalContext(
        # No ARN of a user or role: the statements that count name the service, or everybody.
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=ACTION,
        resource_arn=config["FunctionArn"] + (f":{qualifier}" if qualifier else ""),
        region=get_region(),
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account or source.split(":")[4]},
    )
    decision = evaluator.evaluate_resource_policy(record["policy"], asked, service=service).decision
    if decision != "Allow":
        log.warning("No statement of %s lets %s invoke it for %s", asked.resource_arn, service, source)
    return bool(decision == "Allow")


def trigger_arn(config: Json, trigger: str) -> str:
    """Return the ARN of a pool's trigger, empty when it has none."""
    for given in (config.get(f"{trigger}Config"), config.get(trigger)):
        arn = given.get("LambdaArn") if isinstance(given, dict) else given
        if arn:
            return str(arn)
    return ""


def fill() -> None:
    """Ask the function's policy wherever another service is about to invoke it."""
    for name in ("_invoke_lambda_proxy_v1", "_invoke_lambda_custom_v1"):
        setattr(rest, name, permitted_integration(getattr(rest, name)))
    rest._invoke_authorizer_lambda = permitted_authorizer(rest._invoke_authorizer_lambda)
    for name, trigger in BEFORE_A_TRIGGER.items():
        setattr(cognito, name, permitted_trigger(getattr(cognito, name), trigger))
    for name in DOORS:
        setattr(cognito, name, answering_refusals(getattr(cognito, name), unexpected_lambda))
    cognito._oauth2_token = answering_refusals(cognito._oauth2_token, invalid_grant)
    eventbridge._invoke_target = permitted_target(eventbridge._invoke_target)
    sns._deliver_to_lambda = permitted_subscription(sns._deliver_to_lambda)
    s3._deliver_event_to_lambda = permitted_notification(s3._deliver_event_to_lambda)


def permitted_integration(invoke: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return the engine's way to call an integration, for functions that allow the method."""

    @functools.wraps(invoke)
    async def invoke_if_allowed(integration: Json, *place: Any, **caller: Any) -> Any:
        uri = integration.get("uri", "")
        service = rest._parse_service_integration_uri(uri)
        is_function = service is None or service[1] == "lambda"
        if is_function and not integration.get("credentials"):
            api_id, stage_name, _stage, resource, _path, method, *_request, parameters = place
            # Escaped as in a URL: the engine's wildcards do not reach over a line end.
            path = PARAMETER.sub(
                lambda match: quote(str((parameters or {}).get(match[1], "")), safe=""), resource["path"]
            )
            api = f"arn:aws:execute-api:{caller['owner_region']}:{caller['owner_account_id']}:{api_id}"
            function = rest._extract_lambda_ref_from_integration_uri(uri)
            if not may_invoke(function, "apigateway.amazonaws.com", f"{api}/{stage_name}/{method}{path}"):
                return rest._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        return await invoke(integration, *place, **caller)

    return invoke_if_allowed


def permitted_authorizer(invoke: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return the engine's way to call an authorizer, for functions that allow it."""

    @functools.wraps(invoke)
    async def invoke_if_allowed(authorizer: Json, event: Json, *owner: str) -> Any:
        api = event["methodArn"].partition("/")[0]
        function = rest._extract_lambda_ref_from_integration_uri(authorizer.get("authorizerUri", ""))
        source = f"{api}/authorizers/{authorizer['id']}"
        allowed = authorizer.get("authorizerCredentials") or may_invoke(
            function, "apigateway.amazonaws.com", source
        )
        # For the engine, no result is an authorizer that is configured badly.
        return await invoke(authorizer, event, *owner) if allowed else None

    return invoke_if_allowed


def permitted_trigger(build: Callable[..., Any], trigger: str) -> Callable[..., Any]:
    """Return what the engine does before it calls a trigger, for functions that allow the pool."""

    @functools.wraps(build)
    def build_if_allowed(*call: Any, **details: Any) -> Any:
        given = details["pool_id"] if "pool_id" in details else call[0]
        pool = given if isinstance(given, dict) else cognito._user_pools.get(given)
        function = trigger_arn((pool or {}).get("LambdaConfig") or {}, trigger)
        if pool and function and not may_invoke(function, "cognito-idp.amazonaws.com", pool["Arn"]):
            raise TriggerRefusedError(f"{trigger} invocation failed due to error AccessDeniedException.")
        return build(*call, **details)

    return build_if_allowed


def answering_refusals(
    handle: Callable[..., Any], answer: Callable[[TriggerRefusedError], Any]
) -> Callable[..., Any]:
    """Return the engine's way to handle a request to Cognito, with an answer when a trigger is refused."""

    @functools.wraps(handle)
    def handle_or_answer(*request: Any, **details: Any) -> Any:
        try:
            return handle(*request, **details)
        except TriggerRefusedError as error:
            return answer(error)

    return handle_or_answer


def unexpected_lambda(error: TriggerRefusedError) -> Any:
    """Return the error of the API."""
    return error_response_json("UnexpectedLambdaException", str(error), HTTPStatus.BAD_REQUEST)


def invalid_grant(error: TriggerRefusedError) -> Any:
    """Return the error of the token endpoint."""
    return cognito._oauth2_error("invalid_grant", str(error))


def permitted_target(invoke: Callable[..., None]) -> Callable[..., None]:
    """Return the engine's way to call a rule's target, for functions that allow the rule."""

    @functools.wraps(invoke)
    def invoke_if_allowed(target: Json, event: Json, rule: Json, *view: Any) -> None:
        arn, source = target.get("Arn", ""), rule.get("Arn", "")
        # A schedule of EventBridge Scheduler comes this way too: its role decides.
        is_function = arn.startswith("arn:aws:lambda:") and source.startswith("arn:aws:events:")
        if not is_function or may_invoke(arn, "events.amazonaws.com", source):
            invoke(target, event, rule, *view)

    return invoke_if_allowed


def permitted_subscription(deliver: Callable[..., None]) -> Callable[..., None]:
    """Return the engine's way to deliver a message, for functions that allow the topic."""

    @functools.wraps(deliver)
    def deliver_if_allowed(function: str, envelope: str, topic: str, *message: Any) -> None:
        if may_invoke(function, "sns.amazonaws.com", topic):
            deliver(function, envelope, topic, *message)

    return deliver_if_allowed


def permitted_notification(deliver: Callable[..., None]) -> Callable[..., None]:
    """Return the engine's way to notify of an object, for functions that allow the bucket."""

    @functools.wraps(deliver)
    def deliver_if_allowed(function: str, event: Json, region: str) -> None:
        bucket = event["Records"][0]["s3"]["bucket"]
        owner = s3._bucket_owner_account(bucket["name"]) or get_account_id()
        if may_invoke(function, "s3.amazonaws.com", f"arn:aws:s3:::{bucket['name']}", owner):
            deliver(function, event, region)

    return deliver_if_allowed
