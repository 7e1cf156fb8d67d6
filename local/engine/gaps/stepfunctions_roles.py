"""A state machine's calls are made with its role: what the role does not allow, the task is refused.

The stock engine makes them with nobody's rights, so that a machine whose role allows nothing works all the
same. Here the calls of Lambda, DynamoDB, SQS and Athena are put to IAM; a refused one fails with the error
that the integration has on AWS for it.

After https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html and the pages of the
integrations beside it.
"""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, stepfunctions

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

ROLE: contextvars.ContextVar[str | None] = contextvars.ContextVar("role", default=None)
"""The role of the machine that is running in this thread."""

SESSION_NAME = "StepFunctions"
ERRORS = {
    "lambda": "Lambda.AWSLambdaException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "aws-sdk:dynamodb": "DynamoDb.DynamoDbException",
    "sqs": "SQS.AmazonSQSException",
    "aws-sdk:athena": "Athena.AthenaException",
}
TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def asked(resource: str, given: Json) -> Iterator[tuple[str, str]]:
    """Yield the IAM action and the resource of each thing that a task asks for; none for other services."""
    at = f"{get_region()}:{get_account_id()}"
    service, _, action = resource.rpartition(":::")[2].partition(".")[0].rpartition(":")
    if service == "lambda" and action == "invoke":
        name = str(given.get("FunctionName"))
        yield "lambda:InvokeFunction", name if ":" in name else f"arn:aws:lambda:{at}:function:{name}"
    elif service == "sqs" and action == "sendMessage":
        yield "sqs:SendMessage", f"arn:aws:sqs:{at}:{str(given.get('QueueUrl')).rpartition('/')[2]}"
    elif service == "aws-sdk:athena":
        workgroup = f"arn:aws:athena:{at}:workgroup/{_workgroup(given)}"
        yield f"athena:{action[:1].upper()}{action[1:]}", workgroup
    elif action == "transactWriteItems":
        for item in given.get("TransactItems", []):
            for kind, write in item.items():
                yield f"dynamodb:{TRANSACTED[kind]}", _table(at, write)
    elif service.endswith("dynamodb"):
        yield f"dynamodb:{action[:1].upper()}{action[1:]}", _table(at, given)


def _workgroup(given: Json) -> str:
    """Return the workgroup of what a call of Athena is about."""
    known = athena._executions.get(given.get("QueryExecutionId")) or athena._named_queries.get(
        given.get("NamedQueryId")
    )
    return str(given.get("WorkGroup") or (known or {}).get("WorkGroup", "primary"))


def _table(at: str, given: Json) -> str:
    name = str(given.get("TableName"))
    return name if ":" in name else f"arn:aws:dynamodb:{at}:table/{name}"


def refusal(role: str, action: str, resource: str) -> Any:
    """Return why IAM refuses a call with the role, or None when it allows it."""
    caller = f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{SESSION_NAME}"
    session = execution_credentials({"FunctionArn": caller, "Role": role, "FunctionName": SESSION_NAME})
    key, service = session["AWS_ACCESS_KEY_ID"], action.partition(":")[0]
    return iam_evaluator.enforce(key, action, service, get_region(), resource_arn=resource)


def call_as(call: Callable[[str, Any], Any], resource: str, given: Any) -> Any:
    """Make a task's call, if the machine's role allows it."""
    role = ROLE.get()
    if role is not None and isinstance(given, dict):
        for action, target in asked(resource, given):
            if refusal(role, action, target) is not None:
                service = resource.rpartition(":::")[2].partition(".")[0].rpartition(":")[0]
                raise stepfunctions._ExecutionError(
                    ERRORS[service], f"{role} is not authorized to perform: {action} on resource: {target}"
                )
    return call(resource, given)


def fill() -> None:
    """Remember whose role an execution has, and ask IAM before each call."""
    from ministack import app  # noqa: PLC0415 - it imports every service

    run, call = stepfunctions._run_execution, stepfunctions._invoke_resource
    wait = stepfunctions._invoke_with_callback

    @functools.wraps(run)
    def run_with_role(execution_arn: str) -> None:
        execution = stepfunctions._executions.get(execution_arn)
        machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) if execution else None
        ROLE.set(machine["roleArn"] if machine and app.AUTH else None)
        run(execution_arn)

    stepfunctions._run_execution = run_with_role

    def wait_with_role(resource: str, given: Any, token: str, state: Json) -> Any:
        return call_as(lambda one, other: wait(one, other, token, state), resource, given)

    stepfunctions._invoke_resource = functools.partial(call_as, call)
    stepfunctions._invoke_with_callback = wait_with_role
