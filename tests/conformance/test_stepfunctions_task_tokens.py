"""Task tokens whose wait is over, made-up ones, and waits whose timeout is computed."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60
MOST_TO_WAIT = 20
"""Seconds for which SQS waits for a message."""


def waiting(client: Callable[[str], Any], timeout: int | str) -> tuple[str, str]:
    """Start a machine that waits on a token; return its execution and the token."""
    url = client("sqs").create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"QueueUrl": url, "MessageBody": "{% $states.context.Task.Token %}"},
        "TimeoutSeconds": timeout,
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "Wait", "States": {"Wait": task}}
    role = f"role-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    arn = client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    client("iam").put_role_policy(RoleName=role, PolicyName="it", PolicyDocument=_policy(allowed))
    states = client("stepfunctions")
    machine = states.create_state_machine(
        name=f"machine-{uuid.uuid4().hex[:8]}", roleArn=arn, definition=json.dumps(definition)
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    (message,) = client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=MOST_TO_WAIT)["Messages"]
    return execution, message["Body"]


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def ended(states: Any, execution: str, seconds: float = SECONDS) -> tuple[str, str]:
    deadline = time.monotonic() + seconds
    while (told := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return told["status"], told.get("error", "")


def test_a_token_is_good_once(client: Callable[[str], Any]) -> None:
    states = client("stepfunctions")
    execution, token = waiting(client, 60)
    states.send_task_success(taskToken=token, output="{}")

    assert ended(states, execution) == ("SUCCEEDED", "")
    with pytest.raises(states.exceptions.TaskTimedOut):
        states.send_task_success(taskToken=token, output="{}")


def test_a_token_whose_wait_ran_out_is_told_so(client: Callable[[str], Any]) -> None:
    states = client("stepfunctions")
    execution, token = waiting(client, "{% 1 %}")

    assert ended(states, execution) == ("FAILED", "States.Timeout")
    with pytest.raises(states.exceptions.TaskTimedOut):
        states.send_task_success(taskToken=token, output="{}")


def test_a_made_up_token_is_invalid(client: Callable[[str], Any]) -> None:
    states = client("stepfunctions")

    with pytest.raises(states.exceptions.InvalidToken):
        states.send_task_success(taskToken="made-up", output="{}")
