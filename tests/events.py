"""A queue that hears every event of the orders' bus, from outside."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.stack import Stack

SECONDS = 60


@contextmanager
def listening(stack: Stack) -> Iterator[str]:
    """Make a queue that hears every event of the bus, and give its URL."""
    name = f"heard-{secrets.token_hex(6)}"
    sqs, events = stack.client("sqs"), stack.client("events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    bus = stack["OrderEventsBus"]
    pattern = json.dumps({"source": ["serverless-lens.orders"]})
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "heard", "Arn": arn}])
    try:
        yield url
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["heard"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=url)


def events_of(stack: Stack, queue: str, order_id: str, wanted: int) -> list[dict[str, Any]]:
    """Wait until a queue has heard so many different events of an order, and return all it heard of it."""
    return events_of_all(stack, queue, {order_id: wanted})[order_id]


def events_of_all(stack: Stack, queue: str, wanted: Mapping[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Wait until a queue has heard so many different events of each order, and return all that it heard."""
    sqs = stack.client("sqs")
    found: dict[str, list[dict[str, Any]]] = {order_id: [] for order_id in wanted}
    deadline = time.monotonic() + SECONDS

    def missing() -> bool:
        return any(
            len({event["detail"]["event_id"] for event in found[order_id]}) < count
            for order_id, count in wanted.items()
        )

    while missing() and time.monotonic() < deadline:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in messages.get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            event = json.loads(message["Body"])
            if event["detail"]["order_id"] in found:
                found[event["detail"]["order_id"]].append(event)
    return found
