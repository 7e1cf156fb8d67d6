"""The function of a mapping: invoked as any other call of the engine, under its own execution role.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html: the execution role is what reads
the stream and writes to the destination, and Lambda looks at its permissions when the mapping is created.
"""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from local.engine.streams.answers import Answer

Config = Mapping[str, Any]


def record_of(function_arn: str) -> dict[str, Any] | None:
    """Return the engine's record of a function, version or alias, or None when it is gone."""
    parsed = parse_arn(function_arn)
    record: dict[str, Any] | None = lambda_svc._get_func_record_for_ref_in_scope(
        function_arn, account_id=parsed.account_id, region=parsed.region
    )[0]
    return record


def invoke(function_arn: str, event: Mapping[str, Any]) -> Answer:
    """Invoke and wait; a throttled or missing function counts as not reached."""
    record = record_of(function_arn)
    if record is None:
        return Answer(None, "", "", throttled=True)
    result = lambda_svc._execute_function_with_config_scope(record, event)
    failed = bool(result.get("error"))
    return Answer(
        body=result.get("body"),
        request_id=result.get("request_id", ""),
        version=record["config"]["Version"],
        error=(result.get("function_error") or "Unhandled") if failed else None,
        throttled=bool(result.get("throttle")),
    )


def name_invocations() -> None:
    """Have every result of the engine's invocations carry its request id, which destinations report."""
    execute = lambda_svc._execute_function_dispatch

    @functools.wraps(execute)
    def with_request_id(func: Any, config: Config, event: Any, request_id: str, started: float) -> Any:
        result = execute(func, config, event, request_id, started)
        result["request_id"] = request_id
        return result

    lambda_svc._execute_function_dispatch = with_request_id


def first_denied(config: Config, actions: Sequence[str], resource_arn: str) -> str | None:
    """Return the first action that the function's role may not do on a resource, or None.

    The role is asked in a context of its own: who is calling the engine at this moment does not matter.
    """
    if not app.AUTH:
        return None
    return contextvars.Context().run(_first_denied, config, actions, resource_arn)


def _first_denied(config: Config, actions: Sequence[str], resource_arn: str) -> str | None:
    function, resource = parse_arn(config["FunctionArn"]), parse_arn(resource_arn)
    key = execution_credentials(dict(config))["AWS_ACCESS_KEY_ID"]
    with request_scope(function.account_id, function.region):
        app.pin_request_origin("127.0.0.1", True)  # Lambda calls other services by TLS
        for action in actions:
            if iam_evaluator.enforce(
                key, action, resource.service, function.region, resource_arn=resource_arn
            ):
                return action
    return None
