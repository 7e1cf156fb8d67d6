"""CloudWatch tells of each queue how many messages it has, and how long the oldest has been in it."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def told(client: Callable[[str], Any], metric: str, queue: str) -> float:
    """Return the newest value of a queue's metric."""
    now = datetime.now(UTC)
    (result,) = client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "q0",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": metric,
                        "Dimensions": [{"Name": "QueueName", "Value": queue}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
        ],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
        ScanBy="TimestampDescending",
    )["MetricDataResults"]
    return float(result["Values"][0])


def test_a_queue_tells_how_many_messages_wait_and_for_how_long(client: Callable[[str], Any]) -> None:
    sqs, name = client("sqs"), f"queue-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    for body in ("one", "two"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    time.sleep(1.1)

    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)

    assert told(client, "ApproximateNumberOfMessagesVisible", name) == 1
    assert told(client, "ApproximateNumberOfMessagesNotVisible", name) == 1
    assert told(client, "ApproximateAgeOfOldestMessage", name) >= 1


def test_an_empty_queue_has_no_age(client: Callable[[str], Any]) -> None:
    name = f"queue-{uuid.uuid4().hex[:8]}"
    client("sqs").create_queue(QueueName=name)

    assert told(client, "ApproximateNumberOfMessagesVisible", name) == 0
    assert told(client, "ApproximateAgeOfOldestMessage", name) == 0
