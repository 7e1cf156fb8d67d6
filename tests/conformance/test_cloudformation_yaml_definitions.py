"""A state machine's definition may be YAML."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from tests.conformance.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable

DEFINITION = """
# Comments are what YAML is for.
StartAt: Greet
States:
  Greet: {Type: Pass, Result: "hello ${Whom}", End: true}
"""
SECONDS = 60
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def greeter(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a template with one state machine."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
    properties = {
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "DefinitionSubstitutions": {"Whom": "world"},
        **definition,
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    return {"Resources": {"Role": role, "Greeter": machine}}


def output(client: Callable[[str], Any], machine: str) -> Any:
    """Run the machine and return what it gives."""
    states = client("stepfunctions")
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + SECONDS
    while (told := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert told["status"] == "SUCCEEDED"
    return json.loads(told["output"])


def test_a_definition_in_the_template(client: Callable[[str], Any]) -> None:
    stack = Stack(client)
    assert stack.create(greeter({"DefinitionString": DEFINITION})) == "CREATE_COMPLETE"

    assert output(client, stack.resources()["Greeter"]) == "hello world"


def test_a_definition_in_a_bucket(client: Callable[[str], Any]) -> None:
    bucket = client("s3")
    bucket.create_bucket(Bucket="definitions", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bucket.put_object(Bucket="definitions", Key="greeter.asl.yaml", Body=DEFINITION.encode())
    location = {"Bucket": "definitions", "Key": "greeter.asl.yaml"}
    stack = Stack(client)
    assert stack.create(greeter({"DefinitionS3Location": location})) == "CREATE_COMPLETE"

    assert output(client, stack.resources()["Greeter"]) == "hello world"
