"""A state machine's calls are made with its role."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.functions import make_function

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60


class Machine:
    """A state machine of one task, with a role that allows what it is told."""

    def __init__(self, client: Callable[[str], Any], resource: str, arguments: dict[str, Any]) -> None:
        self._iam, self._states = client("iam"), client("stepfunctions")
        self.role = f"role-{uuid.uuid4().hex[:8]}"
        principal = {"Service": "states.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        arn = self._iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=_policy(trust))["Role"][
            "Arn"
        ]
        task = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{resource}",
            "Arguments": arguments,
            "End": True,
        }
        definition = {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": task}}
        self.arn = self._states.create_state_machine(
            name=f"machine-{uuid.uuid4().hex[:8]}", roleArn=arn, definition=json.dumps(definition)
        )["stateMachineArn"]

    def allow(self, action: str, resource: str) -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        self._iam.put_role_policy(RoleName=self.role, PolicyName="it", PolicyDocument=_policy(statement))

    def run(self) -> tuple[str, str]:
        """Run it and return its status, and its error if it failed."""
        execution = self._states.start_execution(stateMachineArn=self.arn)["executionArn"]
        deadline = time.monotonic() + SECONDS
        while (told := self._states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return told["status"], told.get("error", "")


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def a_table(client: Callable[[str], Any]) -> str:
    name = f"table-{uuid.uuid4().hex[:8]}"
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    return name


def update(table: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "SET seen = :yes",
        "ExpressionAttributeValues": {":yes": {"BOOL": True}},
    }


def test_an_update_of_a_table(client: Callable[[str], Any]) -> None:
    table = a_table(client)
    machine = Machine(client, "dynamodb:updateItem", update(table))

    assert machine.run() == ("FAILED", "DynamoDB.AmazonDynamoDBException")
    machine.allow("dynamodb:UpdateItem", f"arn:aws:dynamodb:eu-west-1:000000000000:table/{table}")
    assert machine.run() == ("SUCCEEDED", "")


def test_a_transaction_needs_the_right_to_each_of_its_writes(client: Callable[[str], Any]) -> None:
    one, other = a_table(client), a_table(client)
    items = [{"Update": update(one)}, {"Update": update(other)}]
    machine = Machine(client, "aws-sdk:dynamodb:transactWriteItems", {"TransactItems": items})
    machine.allow("dynamodb:UpdateItem", f"arn:aws:dynamodb:eu-west-1:000000000000:table/{one}")

    assert machine.run() == ("FAILED", "DynamoDb.DynamoDbException")
    machine.allow("dynamodb:UpdateItem", "arn:aws:dynamodb:eu-west-1:000000000000:table/table-*")
    assert machine.run() == ("SUCCEEDED", "")


def test_a_message_to_a_queue(client: Callable[[str], Any]) -> None:
    name = f"queue-{uuid.uuid4().hex[:8]}"
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    machine = Machine(client, "sqs:sendMessage", {"QueueUrl": url, "MessageBody": "hello"})

    assert machine.run() == ("FAILED", "SQS.AmazonSQSException")
    machine.allow("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:000000000000:{name}")
    assert machine.run() == ("SUCCEEDED", "")


@pytest.mark.parametrize("as_arn", [True, False])
def test_a_call_of_a_function(client: Callable[[str], Any], as_arn: bool) -> None:
    function = make_function(client, "def handler(event, context): return 1")
    arn = f"arn:aws:lambda:eu-west-1:000000000000:function:{function}"
    machine = Machine(client, "lambda:invoke", {"FunctionName": arn if as_arn else function})

    assert machine.run() == ("FAILED", "Lambda.AWSLambdaException")
    machine.allow("lambda:InvokeFunction", arn)
    assert machine.run() == ("SUCCEEDED", "")


def test_a_query_of_a_workgroup(client: Callable[[str], Any]) -> None:
    saved = client("athena").create_named_query(Name="one", Database="default", QueryString="SELECT 1")
    machine = Machine(client, "aws-sdk:athena:getNamedQuery", {"NamedQueryId": saved["NamedQueryId"]})

    assert machine.run() == ("FAILED", "Athena.AthenaException")
    machine.allow("athena:GetNamedQuery", "arn:aws:athena:eu-west-1:000000000000:workgroup/primary")
    assert machine.run() == ("SUCCEEDED", "")
