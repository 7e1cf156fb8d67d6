"""One-time schedules of EventBridge Scheduler: a message to a queue at a time, for which nobody waits.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from shared import aws

if TYPE_CHECKING:
    from datetime import datetime


class Schedules:
    """A group of schedules that all send to one queue.

    Parameters
    ----------
    group
        The group's name.
    queue
        The queue's ARN.
    dead_letters
        The ARN of the queue that has what could not be sent for an hour.
    role
        The ARN of the role that sends.
    scheduler
        The client to use; the environment's own when left out.
    """

    def __init__(self, group: str, queue: str, dead_letters: str, role: str, scheduler: Any = None) -> None:
        self._group = group
        self._target = {
            "Arn": queue,
            "RoleArn": role,
            "DeadLetterConfig": {"Arn": dead_letters},
            "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
        }
        self._scheduler = scheduler

    def at(self, moment: datetime, name: str, message: msgspec.Struct) -> None:
        """Have a message sent within the minute after a moment, in UTC: once for each name.

        The schedule deletes itself when it has sent.
        """
        scheduler = self._scheduler or aws.client("scheduler")
        try:
            scheduler.create_schedule(
                Name=name,
                GroupName=self._group,
                ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={**self._target, "Input": msgspec.json.encode(message).decode()},
                ActionAfterCompletion="DELETE",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
