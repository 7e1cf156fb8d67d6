"""A secret is rotated by its function, in four steps; a template can say which, and when.

The stock engine's RotateSecret copies the value into a version of its own and calls nothing, and
AWS::SecretsManager::RotationSchedule is a type that it has not.

Here a rotation makes a version without a value under the label AWSPENDING and then invokes the function,
which has to allow it, with createSecret, setSecret, testSecret and finishSecret, one after the other. It ends
at the first step that fails, and the next RotateSecret tries the same version again and says so by an error.
Like AWS, it answers before that is done. A version's value is written once: PutSecretValue refuses another,
and a label is one version's.

After https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html,
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html, API_PutSecretValue.html
beside it, and https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ for the type.

What is otherwise: nothing is rotated by the clock (no copy of the application lives for days), AWS tries a
step that failed again by itself, and its CloudFormation does not wait. Here it does, so that a stack which is
up has been rotated.
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
from typing import Any

from ministack.core.responses import error_response_json, json_response, new_uuid
from ministack.services import lambda_svc as functions
from ministack.services import secretsmanager as service
from ministack.services.cloudformation import provisioners, stacks

from local.engine.gaps.lambda_permission import may_invoke

Json = dict[str, Any]

KIND = "AWS::SecretsManager::RotationSchedule"
PRINCIPAL = "secretsmanager.amazonaws.com"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
MAY_NOT_INVOKE = (
    "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
    f"access to the principal {PRINCIPAL}."
)
SECONDS = 60
"""For how long a template's schedule waits for its first rotation."""

log = logging.getLogger("secretsmanager")
running: dict[str, threading.Thread] = {}
"""The rotations under way, by the secret's ARN."""


class RefusedError(Exception):
    """Secrets Manager refuses a call.

    Parameters
    ----------
    code
        The name that AWS has for it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def rotate(secret: Json, token: str) -> threading.Thread:
    """Begin a rotation and return what runs it.

    Parameters
    ----------
    secret
        The engine's record of it, with its function.
    token
        The id that a fresh version gets.

    Raises
    ------
    RefusedError
        When the function may not be invoked, or a rotation before is not complete: that is tried again then.
    """
    function = secret.get("RotationLambdaARN")
    if not function:
        raise RefusedError(
            "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret."
        )
    if not may_invoke(function, PRINCIPAL, secret["ARN"]):
        raise RefusedError("AccessDeniedException", MAY_NOT_INVOKE)
    pending, version = service._find_stage_version(secret, "AWSPENDING")
    unfinished = pending is not None and "AWSCURRENT" not in version["Stages"]
    if not unfinished:
        service._remove_stage_everywhere(secret, "AWSPENDING")
        secret["Versions"].setdefault(
            token, {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time()), "Stages": []}
        )
        service._add_stage(secret, token, "AWSPENDING")
    thread = running.get(secret["ARN"])
    if not unfinished or thread is None or not thread.is_alive():
        asked = (secret, function, pending if unfinished else token, thread)
        context = contextvars.copy_context()  # whose account and Region it is
        thread = threading.Thread(target=context.run, args=(run, *asked), daemon=True)
        running[secret["ARN"]] = thread
        thread.start()
    if unfinished:
        raise RefusedError(
            "InvalidRequestException",
            "A previous rotation isn't complete. That rotation will be reattempted.",
        )
    return thread


def run(secret: Json, function: str, version: str, before: threading.Thread | None) -> None:
    """Invoke the function with each step until one fails, after the rotation before has ended."""
    if before is not None:
        before.join()
    for step in STEPS:
        func, config, _ = functions._get_func_record_for_ref(function)
        if not func or not config:
            log.warning("The rotation function %s is not there", function)
            return
        event = {"Step": step, "SecretId": secret["ARN"], "ClientRequestToken": version}
        record = functions._execution_record_for_config(func, config)
        answer = functions._execute_function_with_config_scope(record, event)
        if answer.get("error"):
            log.warning("The rotation of %s failed in %s", secret["Name"], step)
            return
    secret["LastRotatedDate"] = int(time.time())


def rotate_secret(given: Json) -> Any:
    """Answer RotateSecret."""
    _, secret = service._resolve(given.get("SecretId"))
    if secret is None:
        return error_response_json(
            "ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400
        )
    if secret.get("DeletedDate"):
        return error_response_json(
            "InvalidRequestException", "The secret was marked for deletion: restore it first.", 400
        )
    token = given.get("ClientRequestToken") or new_uuid()
    schedule(secret, given)
    try:
        if given.get("RotateImmediately", True):
            rotate(secret, token)
    except RefusedError as refused:
        return error_response_json(refused.code, str(refused), 400)
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token})


def schedule(secret: Json, given: Json) -> None:
    """Keep which function rotates a secret, and when."""
    for name in ("RotationLambdaARN", "RotationRules"):
        if given.get(name):
            secret[name] = given[name]
    secret["RotationEnabled"] = True


def create(_logical_id: str, properties: Json, _stack_name: str) -> tuple[str, Json]:
    """Make a template's schedule, and rotate unless it says otherwise."""
    _, secret = service._resolve(properties.get("SecretId"))
    if secret is None:
        raise ValueError("Secrets Manager can't find the specified secret.")
    schedule(secret, properties)
    if str(properties.get("RotateImmediatelyOnUpdate", True)).lower() == "true":
        try:
            rotate(secret, new_uuid()).join(SECONDS)
        except RefusedError as refused:
            raise ValueError(str(refused)) from None
    return secret["ARN"], {"Id": secret["ARN"]}


def update(physical_id: str, old: Json, new: Json, stack_name: str) -> tuple[str, Json]:
    """Change a schedule that is another one now."""
    return (physical_id, {"Id": physical_id}) if old == new else create("", new, stack_name)


def delete(physical_id: str, _properties: Json) -> None:
    """Rotate the secret no longer."""
    _, secret = service._resolve(physical_id)
    if secret is not None:
        secret["RotationEnabled"] = False


def fill() -> None:
    """Rotate by the function, and know the type."""
    get, put, describe = service._get_secret_value, service._put_secret_value, service._describe_secret

    def get_value(given: Json) -> Any:
        _, secret = service._resolve(given.get("SecretId"))
        version = (secret or {"Versions": {}})["Versions"].get(given.get("VersionId"))
        asked = given.get("VersionStage")
        if version and (not has_value(version) or (asked and asked not in version["Stages"])):
            return error_response_json(
                "ResourceNotFoundException",
                f"Secrets Manager can't find the specified secret value for VersionId: {given['VersionId']}",
                400,
            )
        return get(given)

    def put_value(given: Json) -> Any:
        _, secret = service._resolve(given.get("SecretId"))
        version = (secret or {"Versions": {}})["Versions"].get(given.get("ClientRequestToken"))
        value = given.get("SecretString"), given.get("SecretBinary")
        if version and has_value(version) and (version["SecretString"], version["SecretBinary"]) != value:
            return error_response_json(
                "ResourceExistsException",
                "The operation failed because the version already exists with another value.",
                400,
            )
        answer = put(given)
        for label in given.get("VersionStages", []) if secret else []:
            service._remove_stage_everywhere(secret, label, json.loads(answer[2])["VersionId"])
        return answer

    def describe_rotated(given: Json) -> Any:
        status, headers, body = describe(given)
        _, secret = service._resolve(given.get("SecretId"))
        if secret and secret.get("LastRotatedDate"):
            told = {**json.loads(body), "LastRotatedDate": secret["LastRotatedDate"]}
            return status, headers, json.dumps(told).encode()
        return status, headers, body

    service._get_secret_value = get_value
    service._put_secret_value = put_value
    service._describe_secret = describe_rotated
    service._rotate_secret = rotate_secret
    waits = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda kind: kind == KIND or waits(kind)
    provisioners._RESOURCE_HANDLERS[KIND] = {"create": create, "update": update, "delete": delete}


def has_value(version: Json) -> bool:
    """Say whether a version has its value."""
    return version["SecretString"] is not None or version["SecretBinary"] is not None
