"""An integration of type AWS calls an action of Kinesis, Firehose, DynamoDB, Step Functions and so on.

The stock engine calls SQS; for every other service it looks for a function of that name and answers 504.

On AWS the request template makes the body of the call, which is signed with the role of the integration's
`credentials`, so that the role's policies decide; the integration responses are chosen by the call's status.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-aws-proxy.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html

Services are those of the JSON protocol, called by `action/`; others are API_CONFIGURATION_ERROR. Without a
role that trusts apigateway.amazonaws.com there is no call, but that same error.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import UnknownServiceError
from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import new_uuid
from ministack.services import apigateway_v1 as rest
from ministack.services import iam

Json = dict[str, Any]

TIMEOUT_SECONDS = 29
SESSION_NAME = "BackplaneAssumeRoleSession"
PRINCIPAL = "apigateway.amazonaws.com"
CLIENT_NAMES = {"states": "stepfunctions"}
HEADER = "integration.request.header."


class ConfigurationError(Exception):
    """The integration cannot be called as it is configured."""


@functools.cache
def service_metadata(service: str) -> Json:
    """Return what botocore knows of a JSON-protocol service, by the name in an integration's URI.

    Raises
    ------
    ConfigurationError
        When there is no such service, or it has another protocol.
    """
    try:
        model = botocore.session.get_session().get_service_model(CLIENT_NAMES.get(service, service))
    except UnknownServiceError as error:
        raise ConfigurationError(f"unknown service {service}") from error
    if model.metadata["protocol"] != "json":
        raise ConfigurationError(f"{service} has no JSON protocol")
    metadata: Json = dict(model.metadata)
    return metadata


def session_of(role_arn: str | None, region: str) -> Credentials:
    """Return a session of the integration's role.

    Raises
    ------
    ConfigurationError
        When the role is missing or does not trust API Gateway.
    """
    role = iam._roles.get((role_arn or "").rsplit("/", 1)[-1])
    if role is None or not _trusts_api_gateway(json.loads(role["AssumeRolePolicyDocument"])):
        raise ConfigurationError(f"API Gateway may not assume {role_arn}")
    account = str(role_arn).split(":")[4]
    caller = f"arn:aws:lambda:{region}:{account}:function:{SESSION_NAME}"
    session = execution_credentials({"FunctionArn": caller, "Role": role_arn, "FunctionName": SESSION_NAME})
    return Credentials(
        session["AWS_ACCESS_KEY_ID"], session["AWS_SECRET_ACCESS_KEY"], session["AWS_SESSION_TOKEN"]
    )


def _trusts_api_gateway(trust: Json) -> bool:
    statements = trust.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principals = (statement.get("Principal") or {}).get("Service", [])
        named = [principals] if isinstance(principals, str) else principals
        if statement.get("Effect") == "Allow" and PRINCIPAL in named:
            return True
    return False


@dataclass(frozen=True)
class Call:
    """A call of an AWS action, signed with a role's session."""

    service: str
    action: str
    region: str
    role: Credentials

    def send(self, body: str, headers: Json) -> tuple[int, str]:
        """Send the call through this engine's own door and return its status and body."""
        metadata = service_metadata(self.service)
        sent = {
            "Content-Type": f"application/x-amz-json-{metadata['jsonVersion']}",
            **headers,
            "X-Amz-Target": f"{metadata['targetPrefix']}.{self.action}",
        }
        url = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}/"
        unsigned = AWSRequest("POST", url, data=body.encode(), headers=sent)
        name = str(metadata.get("signingName", metadata["endpointPrefix"]))
        SigV4Auth(self.role, name, self.region).add_auth(unsigned)
        signed = dict(unsigned.headers.items())
        request = urllib.request.Request(url, data=body.encode(), headers=signed, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def request_template(integration: Json, headers: Json) -> tuple[str | None, bool]:
    """Return the template for the request's media type, and whether the body may pass without one."""
    templates = integration.get("requestTemplates") or {}
    media_type = (rest._header_ci(headers, "content-type") or "application/json").split(";", 1)[0].strip()
    behaviour = integration.get("passthroughBehavior") or "WHEN_NO_MATCH"
    passes = behaviour == "WHEN_NO_MATCH" or (behaviour == "WHEN_NO_TEMPLATES" and not templates)
    return templates.get(media_type.lower()), passes


def mapped_headers(integration: Json, values: Json) -> Json:
    """Return the headers that the integration's request parameters ask for."""
    mapped = {
        target.removeprefix(HEADER): _mapped(str(source), values)
        for target, source in (integration.get("requestParameters") or {}).items()
        if target.startswith(HEADER)
    }
    return {name: value for name, value in mapped.items() if value is not None}


def _mapped(source: str, values: Json) -> str | None:
    if source.startswith("'"):
        return source.strip("'")
    node: Any = values
    for step in source.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    return None if node is None else rest._vtl_str(node)


def fill() -> None:
    """Send integrations of type AWS to the service that their URI names."""
    invoke_function = rest._invoke_lambda_custom_v1

    @functools.wraps(invoke_function)
    async def invoke(integration: Json, *place: Any, **caller: Any) -> Any:
        target = rest._parse_service_integration_uri(integration.get("uri", ""))
        if target is None or target[1] == "lambda":
            return await invoke_function(integration, *place, **caller)
        try:
            return await invoke_service(integration, target, place, caller)
        except ConfigurationError:
            return rest._gw_error("API_CONFIGURATION_ERROR", "Internal server error")

    rest._invoke_lambda_custom_v1 = invoke


async def invoke_service(
    integration: Json, target: tuple[str, ...], place: tuple[Any, ...], caller: Json
) -> Any:
    """Render the request, call the action and answer through the integration responses."""
    api_id, stage_name, stage, resource, path, method, headers, body, query_params, path_params = place
    region, service, verb, action = target
    if verb != "action":
        raise ConfigurationError(f"{verb}/ is not supported for {service}")
    query = {
        name: values[-1] if isinstance(values, list) else values for name, values in query_params.items()
    }
    request_id = new_uuid()
    context = {
        "accountId": caller.get("owner_account_id"),
        "apiId": api_id,
        "authorizer": caller.get("authorizer_context") or {},
        "extendedRequestId": request_id,
        "httpMethod": method,
        "identity": {
            "sourceIp": (rest._header_ci(headers, "x-forwarded-for") or "127.0.0.1").split(",", 1)[0],
            "userAgent": rest._header_ci(headers, "user-agent"),
        },
        "path": f"/{stage_name}{path}",
        "requestId": request_id,
        "requestTimeEpoch": int(time.time() * 1000),
        "resourcePath": resource["path"],
        "stage": stage_name,
    }
    template, passes = request_template(integration, headers)
    if template is None and not passes:
        return rest._gw_error("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
    parameters = {**headers, **query, **(path_params or {})}
    text = (body or b"").decode("utf-8", "replace")
    sources = {
        "method": {"request": {"header": headers, "querystring": query, "path": path_params or {}}},
        "stageVariables": stage.get("variables") or {},
        "context": context,
    }
    if template is not None:
        text = rest._render_request_template_v1(template, text, parameters, context)
    call = Call(service, action, region, session_of(integration.get("credentials"), region))
    status, answer = await asyncio.to_thread(call.send, text, mapped_headers(integration, sources))
    accept = (rest._header_ci(headers, "accept") or "application/json").split(",", 1)[0]
    response = rest._service_integration_response(integration, status, answer, accept, parameters, context)
    return _finished(response, answer, context)


def _finished(response: Any, answer: str, context: Json) -> Any:
    """Fill in headers taken from the answer's body, and what the template overrides."""
    status, headers, body = response
    try:
        parsed = json.loads(answer)
    except ValueError:
        parsed = {}
    sources = {"integration": {"response": {"body": parsed}}, "context": context}
    mapped = {
        name: _mapped(value, sources) if str(value).startswith(("integration.", "context.")) else value
        for name, value in headers.items()
    }
    override = context.get("responseOverride", {})
    kept = {name: value for name, value in mapped.items() if value is not None}
    return override.get("status", status), {**kept, **override.get("header", {})}, body
