"""A nested stack is deployed as a stack is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.functions import invoke
from tests.conformance.stacks import SAM, Bucket, Stack

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTION = "AWS::Serverless::Function"
BROKEN = {
    "Type": "AWS::Logs::LogStream",
    "Properties": {"LogGroupName": "/there/is/none"},
    "DependsOn": "Greeter",
}


@pytest.fixture
def bucket(client: Callable[[str], Any]) -> Bucket:
    return Bucket(client)


@pytest.fixture
def stack(client: Callable[[str], Any]) -> Stack:
    return Stack(client)


def greeter(word: str) -> dict[str, Any]:
    """Return a function that answers this word and its variable SUBJECT."""
    code = f"import os\ndef handler(event, context):\n    return '{word} ' + os.environ['SUBJECT']"
    return {
        "Type": FUNCTION,
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "InlineCode": code,
            "Environment": {"Variables": {"SUBJECT": {"Ref": "Subject"}}},
        },
    }


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def service(**resources: dict[str, Any]) -> dict[str, Any]:
    """Return a nested template of these resources, of which `Greeter` and `Queue` are outputs."""
    outputs: dict[str, Any] = {}
    if "Greeter" in resources:
        outputs["Function"] = {"Value": {"Ref": "Greeter"}}
    if "Queue" in resources:
        outputs["Queue"] = {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}
    return {
        "Transform": SAM,
        "Parameters": {"Subject": {"Type": "String", "Default": "nobody"}},
        "Resources": resources,
        "Outputs": outputs,
    }


def root(url: str, *outputs: str) -> dict[str, Any]:
    """Return a root template with one nested service and these of its outputs."""
    return {
        "Transform": SAM,
        "Parameters": {"Subject": {"Type": "String", "Default": "world"}},
        "Resources": {
            "Service": {
                "Type": "AWS::Serverless::Application",
                "Properties": {"Location": url, "Parameters": {"Subject": {"Ref": "Subject"}}},
            }
        },
        "Outputs": {name: {"Value": {"Fn::GetAtt": ["Service", f"Outputs.{name}"]}} for name in outputs},
    }


def test_a_nested_template_with_the_sam_transform_is_expanded_with_the_parents_values(
    client: Callable[[str], Any], bucket: Bucket, stack: Stack
) -> None:
    template = root(bucket.template(service(Greeter=greeter("Hello"))), "Function")

    assert stack.create(template, Subject="Ada") == "CREATE_COMPLETE"

    assert invoke(client, stack.outputs()["Function"]).payload == "Hello Ada"


def test_an_include_in_a_nested_template_is_expanded(
    client: Callable[[str], Any], bucket: Bucket, stack: Stack
) -> None:
    contract = bucket.snippet(
        {"openapi": "3.0.3", "info": {"title": "contract", "version": "1"}, "paths": {"/orders": {"get": {}}}}
    )
    api = {
        "Type": "AWS::Serverless::Api",
        "Properties": {
            "StageName": "local",
            "DefinitionBody": {
                "Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": contract}}
            },
        },
    }

    assert stack.create(root(bucket.template(service(Api=api)))) == "CREATE_COMPLETE"

    nested = stack.resources()["Service"]
    resources = client("apigateway").get_resources(restApiId=stack.resources(nested)["Api"])["items"]
    assert {resource["path"] for resource in resources} == {"/", "/orders"}


def test_a_stack_in_a_nested_stack_is_deployed_and_deleted_with_the_root(
    client: Callable[[str], Any], bucket: Bucket, stack: Stack
) -> None:
    inner = root(bucket.template(service(Greeter=greeter("Hi"))), "Function")
    assert stack.create(root(bucket.template(inner), "Function")) == "CREATE_COMPLETE"
    function = stack.outputs()["Function"]
    assert invoke(client, function).payload == "Hi world"

    assert stack.delete() == "DELETE_COMPLETE"

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client("lambda").get_function(FunctionName=function)


def test_an_update_changes_what_changed_removes_what_is_gone_and_keeps_the_rest(
    client: Callable[[str], Any], bucket: Bucket, stack: Stack
) -> None:
    before = service(Greeter=greeter("Hello"), Queue=queue(), Gone=queue())
    assert stack.create(root(bucket.template(before), "Function", "Queue")) == "CREATE_COMPLETE"
    nested, kept = stack.resources()["Service"], stack.outputs()
    gone = stack.resources(nested)["Gone"]
    assert invoke(client, kept["Function"]).payload == "Hello world"

    reader = queue(Tags=[{"Key": "reads", "Value": {"Fn::GetAtt": ["Queue", "Arn"]}}])
    after = service(Greeter=greeter("Welcome"), Queue=queue(), Reader=reader)
    after["Outputs"]["Reader"] = {"Value": {"Fn::GetAtt": ["Reader", "QueueName"]}}
    status = stack.update(root(bucket.template(after), "Function", "Queue", "Reader"))

    assert status == "UPDATE_COMPLETE"
    reader_name = stack.outputs()["Reader"]
    assert stack.outputs() == {**kept, "Reader": reader_name}
    assert invoke(client, kept["Function"]).payload == "Welcome world"
    reader_url = client("sqs").get_queue_url(QueueName=reader_name)["QueueUrl"]
    assert client("sqs").list_queue_tags(QueueUrl=reader_url)["Tags"]["reads"] == kept["Queue"]
    with pytest.raises(ClientError, match="NonExistentQueue"):
        client("sqs").get_queue_attributes(QueueUrl=gone)


def test_an_update_of_a_parameter_alone_reaches_the_nested_functions(
    client: Callable[[str], Any], bucket: Bucket, stack: Stack
) -> None:
    template = root(bucket.template(service(Greeter=greeter("Hello"))), "Function")
    stack.create(template, Subject="Ada")

    assert stack.update(template, Subject="Grace") == "UPDATE_COMPLETE"

    assert invoke(client, stack.outputs()["Function"]).payload == "Hello Grace"


def test_an_update_that_changes_nothing_is_refused(bucket: Bucket, stack: Stack) -> None:
    template = root(bucket.template(service(Greeter=greeter("Hello"))), "Function")
    assert stack.create(template) == "CREATE_COMPLETE"

    assert stack.update(template) == "No updates are to be performed."


def test_a_failed_update_of_a_nested_stack_rolls_back_and_the_parent_says_why(
    client: Callable[[str], Any], bucket: Bucket, stack: Stack
) -> None:
    template = root(bucket.template(service(Greeter=greeter("Hello"))), "Function")
    assert stack.create(template) == "CREATE_COMPLETE"
    nested, function = stack.resources()["Service"], stack.outputs()["Function"]

    broken = service(Greeter=greeter("Welcome"), Broken=BROKEN)
    status = stack.update(root(bucket.template(broken), "Function"))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.status(nested) == "UPDATE_ROLLBACK_COMPLETE"
    assert invoke(client, function).payload == "Hello world"
    assert "Broken: " in stack.reasons("Service")[-1]
    assert "log group" in stack.reasons("Service")[-1]


def test_a_nested_stack_that_cannot_be_created_leaves_nothing(
    client: Callable[[str], Any], bucket: Bucket, stack: Stack
) -> None:
    name = f"{stack.name}-queue"
    resources = {"Greeter": queue(QueueName=name), "Broken": BROKEN}

    status = stack.create(root(bucket.template(service(**resources))))

    assert status == "ROLLBACK_COMPLETE"
    assert "Broken: " in stack.reasons("Service")[-1]
    assert name not in json.dumps(client("sqs").list_queues().get("QueueUrls", []))


def test_what_aws_does_not_have_is_refused_in_a_nested_template_too(bucket: Bucket, stack: Stack) -> None:
    status = stack.create(root(bucket.template(service(Typo={"Type": "AWS::Lamda::Function"}))))

    assert status == "ROLLBACK_COMPLETE"
    assert "Unrecognized resource types: [AWS::Lamda::Function]" in stack.reasons("Service")[-1]
