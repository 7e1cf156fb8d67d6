"""Removes what an inactive member leaves, once DynamoDB has deleted their expired profile."""

import msgspec

from mobile import leaving
from mobile.notifications import leaving as unreachable
from mobile.notifications.devices import Devices
from mobile.outbox import MemberExpired
from shared import config
from shared.buckets import Bucket
from shared.observability import logger
from shared.push import Push
from shared.queues import each_message
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    content_table: str
    images_bucket: str
    notifications_table: str


class Event(msgspec.Struct, frozen=True):
    """An event as EventBridge sends it."""

    detail: MemberExpired


settings = config.read(Settings)
content, notifications = Table(settings.content_table), Table(settings.notifications_table)
served, devices = Bucket(settings.images_bucket), Devices(notifications, Push({}), 0)


@each_message
def handler(message: str) -> None:
    """Remove the posts, images, name, devices and inbox of the member whom the event names."""
    member = msgspec.json.decode(message, type=Event).detail
    unreachable.forget(member.member_id, member.expired_at, notifications, devices)
    removed = leaving.forget(member, content, served)
    logger.info("member forgotten", extra={"posts": removed})
