"""An integration of type AWS calls an action of Kinesis, Firehose, DynamoDB, Step Functions and so on."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.engine.process import REGION
from tests.conformance.rest_api import RestApi, content, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

CREATED = {"200": {"selectionPattern": "200", "responseTemplates": {"application/json": '{"taken": true}'}}}
REFUSED = {
    "400": {"selectionPattern": "4\\d\\d", "responseTemplates": {"application/json": '{"taken": false}'}}
}


def unique(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def role(client: Callable[[str], Any], *actions: str, trusts: str = "apigateway") -> str:
    """Make a role for an integration that may do these actions on everything."""
    name, iam = unique("role"), client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trusting(trusts)))
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(RoleName=name, PolicyName="calls", PolicyDocument=json.dumps(policy))
    return str(made["Role"]["Arn"])


def calling(action: str, credentials: str, template: str, **more: Any) -> dict[str, Any]:
    """Return an integration that calls `service/Action`."""
    service, _, name = action.partition("/")
    return {
        "type": "AWS",
        "integrationHttpMethod": "POST",
        "uri": f"arn:aws:apigateway:{REGION}:{service}:action/{name}",
        "credentials": credentials,
        "requestTemplates": {"application/json": template},
        "responses": CREATED | REFUSED,
        **more,
    }


@pytest.fixture(scope="module")
def stream(client: Callable[[str], Any]) -> str:
    name = unique("posts")
    client("kinesis").create_stream(StreamName=name, ShardCount=1)
    return name


def records(client: Callable[[str], Any], stream: str) -> list[bytes]:
    kinesis = client("kinesis")
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return [record["Data"] for record in kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]]


def test_kinesis_takes_a_record_from_the_template(
    client: Callable[[str], Any], engine: Engine, stream: str
) -> None:
    template = f"""{{"StreamName": "{stream}", "PartitionKey": "$input.params('user')",
        "Data": "$util.base64Encode($input.json('$'))"}}"""
    api = RestApi(client, engine)
    api.method(
        "/posts/{user}", "POST", calling("kinesis/PutRecord", role(client, "kinesis:PutRecord"), template)
    )

    answer = requests.post(f"{api.deploy()}/posts/ann", json={"text": "é"}, timeout=10)

    assert (answer.status_code, content(answer)) == (200, {"taken": True})
    assert json.loads(records(client, stream)[-1]) == {"text": "é"}


def test_the_policies_of_the_role_decide(client: Callable[[str], Any], engine: Engine, stream: str) -> None:
    template = f"""{{"StreamName": "{stream}", "PartitionKey": "k", "Data": "$util.base64Encode('x')"}}"""
    api = RestApi(client, engine)
    for path, credentials in {
        "/allowed": role(client, "kinesis:PutRecord"),
        "/other-action": role(client, "kinesis:ListStreams"),
        "/not-trusting": role(client, "kinesis:PutRecord", trusts="lambda"),
        "/no-role": "arn:aws:iam::000000000000:role/nobody",
    }.items():
        api.method(path, "POST", calling("kinesis/PutRecord", credentials, template))
    base = api.deploy()

    paths = ("/allowed", "/other-action", "/not-trusting", "/no-role")
    answers = {path: requests.post(f"{base}{path}", json={}, timeout=10) for path in paths}

    assert {path: answer.status_code for path, answer in answers.items()} == {
        "/allowed": 200,
        "/other-action": 400,
        "/not-trusting": 500,
        "/no-role": 500,
    }
    assert content(answers["/no-role"]) == {"message": "Internal server error"}


def test_firehose_takes_a_record(client: Callable[[str], Any], engine: Engine) -> None:
    bucket, name = unique("archive"), unique("archive")
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    target = {
        "RoleARN": role(client, "s3:PutObject", trusts="firehose"),
        "BucketARN": f"arn:aws:s3:::{bucket}",
    }
    client("firehose").create_delivery_stream(DeliveryStreamName=name, S3DestinationConfiguration=target)
    template = f"""{{"DeliveryStreamName": "{name}",
        "Record": {{"Data": "$util.base64Encode($input.body)"}}}}"""
    api = RestApi(client, engine)
    api.method("/posts", "POST", calling("firehose/PutRecord", role(client, "firehose:PutRecord"), template))

    answer = requests.post(f"{api.deploy()}/posts", json={"a": 1}, timeout=10)

    assert (answer.status_code, content(answer)) == (200, {"taken": True})


def test_dynamodb_answers_through_the_response_template(client: Callable[[str], Any], engine: Engine) -> None:
    table = unique("pets")
    client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    client("dynamodb").put_item(TableName=table, Item={"id": {"S": "rex"}, "kind": {"S": "dog"}})
    template = f"""{{"TableName": "{table}", "Key": {{"id": {{"S": "$input.params('id')"}}}}}}"""
    found = """#set($item = $input.path('$.Item'))#if($item != "")
        {"kind": $input.json('$.Item.kind.S')}#else#set($context.responseOverride.status = 404)
        {"kind": null}#end"""
    api = RestApi(client, engine)
    api.method(
        "/pets/{id}",
        "GET",
        calling(
            "dynamodb/GetItem",
            role(client, "dynamodb:GetItem"),
            template,
            responses={"200": {"responseTemplates": {"application/json": found}}},
        ),
    )
    base = api.deploy()

    known, unknown = (requests.get(f"{base}/pets/{name}", timeout=10) for name in ("rex", "tom"))

    assert (known.status_code, content(known)) == (200, {"kind": "dog"})
    assert (unknown.status_code, content(unknown)) == (404, {"kind": None})


def test_step_functions_starts_an_execution_and_names_it_in_a_header(
    client: Callable[[str], Any], engine: Engine
) -> None:
    machine = client("stepfunctions").create_state_machine(
        name=unique("machine"),
        roleArn=role(client, "logs:*", trusts="states"),
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
    )["stateMachineArn"]
    template = f"""{{"stateMachineArn": "{machine}",
        "input": "$util.escapeJavaScript($input.json('$')).replaceAll("\\\\'","'")"}}"""
    location = {"method.response.header.Location": "integration.response.body.executionArn"}
    api = RestApi(client, engine)
    api.method(
        "/orders",
        "POST",
        calling(
            "states/StartExecution",
            role(client, "states:StartExecution"),
            template,
            responses={"202": {"responseParameters": location}},
        ),
    )

    answer = requests.post(f"{api.deploy()}/orders", json={"note": 'it\'s "new"/<é>'}, timeout=10)

    assert answer.status_code == 202
    assert machine.rsplit(":", 1)[-1] in answer.headers.get("Location", "")
    execution = client("stepfunctions").describe_execution(executionArn=answer.headers["Location"])
    assert json.loads(execution["input"]) == {"note": 'it\'s "new"/<é>'}


def test_a_body_of_another_media_type_is_refused_when_it_may_not_pass(
    client: Callable[[str], Any], engine: Engine
) -> None:
    integration = calling("kinesis/PutRecord", role(client, "kinesis:PutRecord"), "{}")
    api = RestApi(client, engine)
    api.method("/posts", "POST", {**integration, "passthroughBehavior": "WHEN_NO_TEMPLATES"})

    answer = requests.post(
        f"{api.deploy()}/posts", data=b"a", headers={"Content-Type": "text/csv"}, timeout=10
    )

    assert (answer.status_code, content(answer)) == (415, {"message": "Unsupported Media Type"})


def test_a_batch_becomes_records_in_a_loop(client: Callable[[str], Any], engine: Engine, stream: str) -> None:
    template = f"""{{"StreamName": "{stream}", "Records": [#foreach($post in $input.path('$.posts'))
        {{"PartitionKey": "k", "Data": "$util.base64Encode($post.text)"}}#if($foreach.hasNext),#end
    #end]}}"""
    api = RestApi(client, engine)
    api.method("/posts", "POST", calling("kinesis/PutRecords", role(client, "kinesis:PutRecords"), template))

    answer = requests.post(
        f"{api.deploy()}/posts", json={"posts": [{"text": "a"}, {"text": "b"}]}, timeout=10
    )

    assert (answer.status_code, content(answer)) == (200, {"taken": True})
    assert records(client, stream)[-2:] == [b"a", b"b"]
