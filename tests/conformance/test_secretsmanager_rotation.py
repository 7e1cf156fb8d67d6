"""A secret is rotated by its function, in four steps; a template can say which, and when."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.functions import allow, make_function, printed
from tests.conformance.rest_api import refusal
from tests.conformance.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable

    Client = Callable[[str], Any]

SECONDS = 60
ROTATES = """
import json, os
from secrets_manager import call

def handler(event, context):
    print(json.dumps(event))
    version = {"SecretId": event["SecretId"], "VersionId": event["ClientRequestToken"]}
    token, step = event["ClientRequestToken"], event["Step"]
    if step == os.environ.get("FAILS_IN"):
        raise RuntimeError(step)
    if step == "createSecret":
        status, answer = call("GetSecretValue", **version, VersionStage="AWSPENDING")
        if status == 400:
            assert answer["__type"] == "ResourceNotFoundException", answer
            call("PutSecretValue", SecretId=event["SecretId"], ClientRequestToken=token,
                 SecretString=token, VersionStages=["AWSPENDING"])
    if step == "finishSecret":
        stages = call("DescribeSecret", SecretId=event["SecretId"])[1]["VersionIdsToStages"]
        current = next(version for version in stages if "AWSCURRENT" in stages[version])
        call("UpdateSecretVersionStage", SecretId=event["SecretId"], VersionStage="AWSCURRENT",
             MoveToVersionId=token, RemoveFromVersionId=current)
"""
# What an SDK does, which a function here has not: a signed call.
SECRETS_MANAGER = """
import datetime, hashlib, hmac, json, os, urllib.error, urllib.request

def call(operation, **given):
    env, body = os.environ, json.dumps(given).encode()
    url, region = env["AWS_ENDPOINT_URL"], env["AWS_REGION"]
    moment = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": "application/x-amz-json-1.1", "host": url.partition("//")[2],
               "x-amz-date": moment, "x-amz-security-token": env["AWS_SESSION_TOKEN"],
               "x-amz-target": f"secretsmanager.{operation}"}
    signed, scope = ";".join(headers), f"{moment[:8]}/{region}/secretsmanager/aws4_request"
    lines = "".join(f"{name}:{value}\\n" for name, value in headers.items())
    request = f"POST\\n/\\n\\n{lines}\\n{signed}\\n{hashlib.sha256(body).hexdigest()}"
    text = f"AWS4-HMAC-SHA256\\n{moment}\\n{scope}\\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + env["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in [*scope.split("/"), text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={env['AWS_ACCESS_KEY_ID']}/{scope}, "
                                f"SignedHeaders={signed}, Signature={key.hex()}")
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)
"""
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]


class Rotated:
    """A secret and the function that rotates it."""

    def __init__(self, client: Client, *, allowed: bool = True) -> None:
        self.client = client
        self.secrets = client("secretsmanager")
        made = self.secrets.create_secret(Name=f"key-{uuid.uuid4().hex[:8]}", SecretString="the first")
        self.arn, self.first = made["ARN"], made["VersionId"]
        self.name = make_function(client, ROTATES, files={"secrets_manager.py": SECRETS_MANAGER}, Timeout=20)
        function = client("lambda").get_function_configuration(FunctionName=self.name)
        self.function = function["FunctionArn"]
        statement = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": self.arn}
        client("iam").put_role_policy(
            RoleName=function["Role"].rpartition("/")[2],
            PolicyName="rotate",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        if allowed:
            allow(client, self.name, "secretsmanager", self.arn)

    def rotate(self, **more: Any) -> str:
        """Ask for a rotation and return its version."""
        version = self.secrets.rotate_secret(SecretId=self.arn, RotationLambdaARN=self.function, **more)[
            "VersionId"
        ]
        current = self.secrets.get_secret_value(SecretId=self.arn)
        assert (current["VersionId"] == version) <= (current["SecretString"] == version), "it is a copy"
        return str(version)

    def fails_in(self, step: str) -> None:
        """Let the function fail in a step from now on; in none where it is empty."""
        self.client("lambda").update_function_configuration(
            FunctionName=self.name, Environment={"Variables": {"FAILS_IN": step} if step else {}}
        )

    def calls(self, wanted: int) -> list[dict[str, Any]]:
        """Return the events that the function was called with, once there are so many."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + SECONDS
        while len(found) < wanted and time.monotonic() < deadline:
            time.sleep(0.1)
            group = f"/aws/lambda/{self.name}"
            if self.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
                lines = printed(self.client, group)
                found = [json.loads(line) for line in lines if line.startswith("{")]
        return found

    def ends_with(self, version: str) -> None:
        """Wait until a version is the current one: the last step is told of before it has done its work."""
        deadline = time.monotonic() + SECONDS
        while "AWSCURRENT" not in self.labels().get(version, ()) and time.monotonic() < deadline:
            time.sleep(0.01)

    def labels(self) -> dict[str, set[str]]:
        """Return the versions' labels."""
        stages = self.secrets.describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        return {version: set(labels) for version, labels in stages.items()}


def test_the_function_is_called_with_each_step_for_the_version_that_is_to_be(client: Client) -> None:
    rotated = Rotated(client)

    version = rotated.rotate()

    assert rotated.calls(4) == [
        {"Step": step, "SecretId": rotated.arn, "ClientRequestToken": version} for step in STEPS
    ]
    rotated.ends_with(version)
    assert "AWSCURRENT" in rotated.labels()[version]
    assert rotated.labels()[rotated.first] == {"AWSPREVIOUS"}
    assert rotated.secrets.get_secret_value(SecretId=rotated.arn)["SecretString"] == version
    assert rotated.secrets.describe_secret(SecretId=rotated.arn)["RotationEnabled"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_ends_it_and_the_next_call_tries_the_same_version_again(
    client: Client, step: str
) -> None:
    rotated = Rotated(client)
    rotated.fails_in(step)
    version = rotated.rotate()
    until_there = STEPS.index(step) + 1
    assert [call["Step"] for call in rotated.calls(until_there)] == STEPS[:until_there]
    assert rotated.labels() == {rotated.first: {"AWSCURRENT"}, version: {"AWSPENDING"}}

    rotated.fails_in("")
    refused = refusal(rotated.rotate)
    assert refused.startswith(
        "InvalidRequestException: A previous rotation isn't complete. That rotation will"
    )

    calls = rotated.calls(until_there + 4)
    assert [call["Step"] for call in calls[until_there:]] == STEPS
    assert {call["ClientRequestToken"] for call in calls} == {version}
    rotated.ends_with(version)
    assert "AWSCURRENT" in rotated.labels()[version]


def test_a_function_that_does_not_allow_it_is_not_called(client: Client) -> None:
    rotated = Rotated(client, allowed=False)

    assert refusal(rotated.rotate).startswith("AccessDeniedException: Secrets Manager cannot invoke")

    assert rotated.labels() == {rotated.first: {"AWSCURRENT"}}


def test_a_rotation_may_be_left_to_the_schedule(client: Client) -> None:
    rotated = Rotated(client)

    rotated.rotate(RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False)

    told = rotated.secrets.describe_secret(SecretId=rotated.arn)
    assert (told["RotationEnabled"], told["RotationRules"]) == (True, {"AutomaticallyAfterDays": 30})
    assert rotated.labels() == {rotated.first: {"AWSCURRENT"}}


def test_a_rotation_that_is_asked_for_while_one_ends_follows_it(client: Client) -> None:
    rotated = Rotated(client)

    versions = [rotated.rotate()]
    rotated.ends_with(versions[0])
    versions.append(rotated.rotate())

    assert [call["Step"] for call in rotated.calls(8)] == STEPS * 2
    rotated.ends_with(versions[1])
    assert rotated.labels()[versions[1]] >= {"AWSCURRENT"}
    assert rotated.labels()[versions[0]] == {"AWSPREVIOUS"}


def test_a_label_is_one_versions(client: Client) -> None:
    rotated = Rotated(client)
    one, other = str(uuid.uuid4()), str(uuid.uuid4())

    for version in (one, other):
        rotated.secrets.put_secret_value(
            SecretId=rotated.arn,
            ClientRequestToken=version,
            SecretString=version,
            VersionStages=["AWSPENDING"],
        )

    assert rotated.labels() == {rotated.first: {"AWSCURRENT"}, other: {"AWSPENDING"}}


def test_a_versions_value_is_written_once(client: Client) -> None:
    rotated = Rotated(client)
    version, label = str(uuid.uuid4()), {"VersionStages": ["AWSPENDING"]}
    put = rotated.secrets.put_secret_value
    put(SecretId=rotated.arn, ClientRequestToken=version, SecretString="one", **label)
    put(SecretId=rotated.arn, ClientRequestToken=version, SecretString="one", **label)

    refused = refusal(put, SecretId=rotated.arn, ClientRequestToken=version, SecretString="another", **label)

    assert refused.startswith("ResourceExistsException")


def schedule(rotated: Rotated, days: int, **more: Any) -> dict[str, Any]:
    """Return a template with a schedule of the secret."""
    properties = {
        "SecretId": rotated.arn,
        "RotationLambdaARN": rotated.function,
        "RotationRules": {"ScheduleExpression": f"rate({days} days)"},
        **more,
    }
    resource = {"Type": "AWS::SecretsManager::RotationSchedule", "Properties": properties}
    return {"Resources": {"Schedule": resource}, "Outputs": {"Schedule": {"Value": {"Ref": "Schedule"}}}}


def test_a_templates_schedule_rotates_at_once_and_when_it_is_changed(client: Client) -> None:
    rotated, stack = Rotated(client), Stack(client)

    assert stack.create(schedule(rotated, 30)) == "CREATE_COMPLETE"
    assert [call["Step"] for call in rotated.calls(4)] == STEPS
    assert stack.outputs() == {"Schedule": rotated.arn}
    assert stack.update(schedule(rotated, 20)) == "UPDATE_COMPLETE"
    assert [call["Step"] for call in rotated.calls(8)] == STEPS * 2
    told = rotated.secrets.describe_secret(SecretId=rotated.arn)
    assert told["RotationRules"] == {"ScheduleExpression": "rate(20 days)"}
    assert stack.delete() == "DELETE_COMPLETE"
    assert not rotated.secrets.describe_secret(SecretId=rotated.arn)["RotationEnabled"]


def test_a_templates_schedule_may_wait(client: Client) -> None:
    rotated, stack = Rotated(client), Stack(client)

    assert stack.create(schedule(rotated, 30, RotateImmediatelyOnUpdate=False)) == "CREATE_COMPLETE"

    assert rotated.labels() == {rotated.first: {"AWSCURRENT"}}
    assert rotated.secrets.describe_secret(SecretId=rotated.arn)["RotationEnabled"]


def test_a_schedule_whose_function_may_not_be_called_fails_with_the_reason(client: Client) -> None:
    rotated, stack = Rotated(client, allowed=False), Stack(client)

    assert stack.create(schedule(rotated, 30)) == "ROLLBACK_COMPLETE"

    assert any("Secrets Manager cannot invoke" in reason for reason in stack.reasons("Schedule"))
