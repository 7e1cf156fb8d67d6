"""Logs, metrics and traces: the only module that knows what they are made with.

Logs are JSON lines by Powertools' Logger, metrics are CloudWatch's embedded metric format by Powertools'
Metrics, and traces are Lambda's active tracing: the service records the function's segment itself, and every
log line carries its trace id. No X-Ray SDK is loaded; a tracer, were one wanted, would enter here and nowhere
else.

The environment steers it, as Powertools documents: POWERTOOLS_SERVICE_NAME, POWERTOOLS_METRICS_NAMESPACE and
AWS_LAMBDA_LOG_LEVEL (Lambda sets it from `LoggingConfig`; POWERTOOLS_LOG_LEVEL where there is no Lambda).
"""

from __future__ import annotations

import functools
import json
import logging
import os
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics

from shared.faults import Transient

if TYPE_CHECKING:
    from collections.abc import Callable

    LambdaHandler: TypeAlias = Callable[[dict[str, Any], Any], Any]

REDACTED = "[redacted]"

# Compared without case, "-" and "_". Whole names only: `token` hides `token`, not `token_type`.
_PERSONAL_OR_SECRET = frozenset(
    (
        "accesstoken",
        "address",
        "authorization",
        "birthdate",
        "body",
        "clientsecret",
        "code",
        "confirmationcode",
        "cookie",
        "credentials",
        "email",
        "event",
        "familyname",
        "givenname",
        "headers",
        "idtoken",
        "idempotencykey",
        "name",
        "nickname",
        "password",
        "phone",
        "phonenumber",
        "preferredusername",
        "refreshtoken",
        "secret",
        "session",
        "setcookie",
        "sub",
        "token",
        "username",
        "userattributes",
        "xamzsecuritytoken",
        "xapikey",
    )
)
_JWT = r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a JWT: base64url of '{"' starts with eyJ


class Fault(Exception):  # noqa: N818 - the word this code uses for what is not a refusal
    """A failure of ours, told to Lambda without the cause's own words: those may quote the caller."""


def _serialize(line: dict[str, Any]) -> str:
    """Write one log line as JSON, without personal data, credentials and the messages of exceptions."""
    if "exception_name" in line:
        line = {key: value for key, value in line.items() if key not in {"exception", "exception_notes"}}
        if stack := line.get("stack_trace"):
            line["stack_trace"] = {key: value for key, value in stack.items() if key != "value"}
    return json.dumps(_redact(line), default=_name_of_type, separators=(",", ":"))


def _redact(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: REDACTED if _is_personal_or_secret(key) else _redact(inner) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redact(inner) for inner in value]
    if isinstance(value, str) and "eyJ" in value:
        return re.sub(_JWT, REDACTED, value)
    return value


def _is_personal_or_secret(key: object) -> bool:
    return str(key).lower().replace("_", "").replace("-", "") in _PERSONAL_OR_SECRET


def _name_of_type(value: object) -> str:
    """Stand in for what JSON cannot write; its `str` could hold anything."""
    return f"<{type(value).__name__}>"


logger = Logger(json_serializer=_serialize, utc=True, use_rfc3339=True)
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "ServerlessLens"))

# botocore tells at INFO, at every cold start, where it found credentials: a line to pay for, of no use.
logging.getLogger("botocore").setLevel(logging.WARNING)


def observed(handler: LambdaHandler) -> LambdaHandler:
    """Make `handler` one whose log lines are joined, whose metrics are sent and whose faults are told safely.

    Log lines carry the function, the cold start, the trace id and, as `correlation_id`, API Gateway's request
    id or else Lambda's. The event itself is never logged, whatever the environment says. Metrics leave even
    if the handler fails.

    Raises
    ------
    Transient
        In place of a failure that may pass, so that whoever called can tell that it is worth another try.
    Fault
        In place of any other exception. Either is logged with its type and stack; Lambda counts it in
        `Errors`, retries asynchronous events and marks the trace as faulty; see
        docs/decisions/0010-faults-are-raised.md.
    """

    @logger.inject_lambda_context(clear_state=True, log_event=False)
    @functools.wraps(handler)
    def observe(event: dict[str, Any], context: Any) -> Any:
        request = event.get("requestContext") if isinstance(event, dict) else None
        logger.set_correlation_id((request or {}).get("requestId") or context.aws_request_id)
        try:
            return handler(event, context)
        except Exception as error:
            logger.exception("fault", extra=_what_aws_said(error))
            kind = Transient if isinstance(error, Transient) else Fault
            raise kind(f"{type(error).__name__}: the log line of this request has the stack") from None
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    return observe


def _what_aws_said(error: Exception) -> dict[str, str]:
    """Return the code and the operation of a botocore ClientError: both are constants of the service."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict) or "Error" not in response:
        return {}
    return {
        "aws_error": str(response["Error"].get("Code")),
        "aws_operation": str(getattr(error, "operation_name", "")),
    }
