"""Pushes what waits for a member, as one bundle, to their devices."""

import time
from typing import Annotated

import msgspec

from mobile.notifications.devices import Devices
from mobile.notifications.planning import Planner
from mobile.notifications.sending import Sender
from shared import config
from shared.observability import logger
from shared.push import Push
from shared.queues import Queue, each_message
from shared.schedules import Schedules
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables; `push_pause_seconds` is between two pushes to a member."""

    member_life_days: Annotated[int, msgspec.Meta(ge=1)]
    notifications_table: str
    push_pause_seconds: Annotated[int, msgspec.Meta(ge=0, le=900)]
    push_queue: str
    push_queue_arn: str
    schedule_group: str
    schedule_role: str
    unpushed_queue_arn: str


settings = config.read(Settings)
table, push = Table(settings.notifications_table), Push({})
devices = Devices(table, push, settings.member_life_days)
schedules = Schedules(
    settings.schedule_group, settings.push_queue_arn, settings.unpushed_queue_arn, settings.schedule_role
)
planner = Planner(schedules, Queue(settings.push_queue), settings.push_pause_seconds, time.time)
sender = Sender(table, devices, push, planner, time.time)


@each_message
def handler(message: str) -> None:
    """Look at a member, or at an endpoint that SNS says it could not deliver to."""
    named = msgspec.json.decode(message)
    if "member_id" in named:
        logger.info("looked", extra={"devices": sender.look(named["member_id"])})
    elif not push.delivers(named["EndpointArn"]):
        devices.drop(named["EndpointArn"])
        logger.info("endpoint dropped", extra={"failure": named.get("FailureType")})
