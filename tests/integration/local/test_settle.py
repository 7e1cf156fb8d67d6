"""The stock engine drops these properties in silence; the deploy sets them again.

On the day that a setting's first assertion fails, the engine keeps the property, and the setting can go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloud import STACK_NAME, Cloud
from local.deploy import stack
from local.deploy.settle import SETTINGS, Setting, settle, targets
from local.engine import process

ROLE_ARN = "arn:aws:iam::000000000000:role/made-elsewhere"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"

FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": ROLE_ARN,
        "Code": {"ZipFile": "def handler(event, context): ..."},
    },
}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    },
}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}
STAGE = {
    "Type": "AWS::ApiGateway::Stage",
    "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "v1"},
}
RESOURCES = {found["Type"]: found for found in (FUNCTION, TABLE, ROLE, STAGE)}

AROUND = {
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead-letters"}},
    "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}},
    "Method": {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            "HttpMethod": "GET",
            "AuthorizationType": "NONE",
            "Integration": {"Type": "MOCK"},
        },
    },
    "Deployment": {
        "Type": "AWS::ApiGateway::Deployment",
        "DependsOn": "Method",
        "Properties": {"RestApiId": {"Ref": "Api"}},
    },
}

# By property: what a template gives it, and what the service has then.
VALUES: dict[str, tuple[Any, Any]] = {
    "DeadLetterConfig": (
        {"TargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
        {"TargetArn": "arn:aws:sqs:eu-west-1:000000000000:dead-letters"},
    ),
    "ReservedConcurrentExecutions": (5, 5),
    "TimeToLiveSpecification": (
        {"AttributeName": "expires_at", "Enabled": True},
        {"AttributeName": "expires_at", "Enabled": True},
    ),
    "PointInTimeRecoverySpecification": (
        {"PointInTimeRecoveryEnabled": "true"},
        {"PointInTimeRecoveryEnabled": True},
    ),
    "PermissionsBoundary": (
        {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/PowerUserAccess"},
        BOUNDARY,
    ),
    "CacheClusterEnabled": (True, True),
}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An engine as its makers ship it."""
    cloud = Cloud(process.free_port(), home=tmp_path_factory.mktemp("home"))
    engine = process.start(cloud.folder, cloud.port, stock=True)
    yield cloud
    engine.stop()


@pytest.fixture
def settings_of(stock: Cloud) -> Iterator[Cloud]:
    """The stock engine, without a stack before and after."""
    yield stock
    stock.client("cloudformation").delete_stack(StackName=STACK_NAME)
    stack.settled(stock)


def deployed(cloud: Cloud, folder: Path, setting: Setting, value: Any) -> None:
    """Deploy a resource whose property has the value; None leaves it out."""
    resource = json.loads(json.dumps(RESOURCES[setting.type]))
    if value is not None:
        resource["Properties"][setting.property] = value
    template = folder / "template.json"
    template.write_text(json.dumps({"Resources": {**AROUND, "It": resource}}))
    stack.deploy(cloud, template, {})


def current(cloud: Cloud, setting: Setting) -> Any:
    """Return what the service has for the property."""
    found = [target for _, row, target in targets(cloud, stack.nested(cloud)) if row is setting]
    assert len(found) == 1
    return setting.read(found[0])


@pytest.mark.parametrize("setting", SETTINGS, ids=[setting.property for setting in SETTINGS])
def test_a_property_that_the_engine_drops_is_set_again(
    settings_of: Cloud, tmp_path: Path, setting: Setting
) -> None:
    given, held = VALUES[setting.property]

    deployed(settings_of, tmp_path, setting, given)
    assert current(settings_of, setting) is None

    settle(settings_of, stack.nested(settings_of))
    assert current(settings_of, setting) == held
    assert settle(settings_of, stack.nested(settings_of)) == []

    deployed(settings_of, tmp_path, setting, None)
    settle(settings_of, stack.nested(settings_of))
    assert current(settings_of, setting) is None
