"""`make redrive`: what was given up goes back to where it came from, through a stack's own queues."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests import templates
from tests.stack import ORDER, OUTPUTS, Member, OrdersApi, Stack


def redrive(queue: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "local.redrive", queue, "--outputs", str(OUTPUTS)],
        cwd=templates.ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


@pytest.fixture
def work(stack: Stack) -> Iterator[str]:
    """The URL of a queue whose messages are dead after one try; its dead-letter queue has `-dead` behind."""
    sqs, name = stack.client("sqs"), f"tests-{secrets.token_hex(4)}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})
    yield url["QueueUrl"]
    sqs.delete_queue(QueueUrl=url["QueueUrl"])
    sqs.delete_queue(QueueUrl=dead)


def received(sqs: Any, url: str) -> list[str]:
    """Return the bodies of what a queue shows."""
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    return sorted(message["Body"] for message in answer.get("Messages", []))


def test_a_queues_dead_letters_go_back_into_it(stack: Stack, work: str) -> None:
    sqs = stack.client("sqs")
    for body in ("one", "two"):
        sqs.send_message(QueueUrl=work, MessageBody=body)
    for _ in range(3):
        received(sqs, work)

    done = redrive(f"{work}-dead")

    assert done.returncode == 0, done.stderr
    assert "2  back to" in done.stdout
    assert received(sqs, work) == ["one", "two"]


def test_a_batch_of_the_orders_stream_that_was_given_up_is_handled_again(
    stack: Stack, member: Member
) -> None:
    order = OrdersApi(stack["OrdersApiUrl"], member.token).create(ORDER).json()
    streams = stack.client("dynamodbstreams")
    table = stack.physical_id("orders", "OrdersTable")
    source = stack.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    found: list[tuple[str, str]] = []
    for shard in streams.describe_stream(StreamArn=source)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=source, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        deadline = time.monotonic() + 30
        while iterator and not found and time.monotonic() < deadline:
            page = streams.get_records(ShardIterator=iterator)
            found += [
                (shard["ShardId"], record["dynamodb"]["SequenceNumber"])
                for record in page["Records"]
                if record["dynamodb"]["Keys"]["order_id"]["S"] == order["order_id"]
            ]
            iterator = page.get("NextShardIterator")
    shard_id, number = found[0]
    name = stack.physical_id("orders", "StartSaga")
    function = stack.client("lambda").get_alias(FunctionName=name, Name="live")["AliasArn"]
    stack.client("sqs").send_message(
        QueueUrl=stack.physical_id("orders", "UnstartedQueue"),
        MessageBody=json.dumps(
            {
                "requestContext": {"functionArn": function, "condition": "RetryAttemptsExhausted"},
                "DDBStreamBatchInfo": {
                    "streamArn": source,
                    "shardId": shard_id,
                    "startSequenceNumber": number,
                    "endSequenceNumber": number,
                    "batchSize": 1,
                },
            }
        ),
    )

    done = redrive("UnstartedQueue")

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"1  back to {name}" in done.stdout


def test_a_queue_that_is_not_there_is_one_line_with_those_that_are(stack: Stack) -> None:
    assert stack
    done = redrive("NoSuchQueue")

    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("redrive: There is no queue 'NoSuchQueue': name one of ")
    assert "DeadEndQueue" in line
