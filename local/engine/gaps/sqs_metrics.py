"""CloudWatch tells of each queue how many messages it has, and how long the oldest has been in it.

The stock engine publishes no metric of SQS. AWS does so once a minute; here a queue is looked at whenever
somebody asks CloudWatch for a metric, so that a test need not wait.

After https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
sqs-available-cloudwatch-metrics.html: in a dead-letter queue of a queue, AWS counts the age from when the
message was moved there; here it is from when the message was sent.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

from ministack.services import cloudwatch, sqs

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACE = "AWS/SQS"
READS = ("_get_metric_data", "_get_metric_statistics")


def fill() -> None:
    """Look at the queues before each reading of metrics."""
    for name in READS:
        setattr(cloudwatch, name, after_a_look(getattr(cloudwatch, name)))


def after_a_look(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return a reading of metrics that has the queues' of this moment."""

    @functools.wraps(read)
    def reading(*arguments: Any) -> Any:
        publish(time.time())
        return read(*arguments)

    return reading


def publish(now: float) -> None:
    """Record the metrics of every queue."""
    for queue in list(sqs._queues.values()):
        waiting = [message for message in queue["messages"] if message["visible_at"] <= now]
        entered = [message.get("enqueued_at", message["sent_at"]) for message in queue["messages"]]
        told = {
            "ApproximateNumberOfMessagesVisible": ("Count", len(waiting)),
            "ApproximateNumberOfMessagesNotVisible": ("Count", len(entered) - len(waiting)),
            "ApproximateAgeOfOldestMessage": ("Seconds", int(now - min(entered, default=now))),
        }
        for name, (unit, value) in told.items():
            cloudwatch.record_metric(NAMESPACE, name, value, unit, {"QueueName": queue["name"]})
