"""Decides which members are told of an event, and whether it is pushed."""

import time
from typing import Annotated, Any

import msgspec

from mobile.notifications.planning import Looks
from mobile.notifications.telling import Teller
from shared import config
from shared.queues import Queue, each_message
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables; `push_pause_seconds` is between two pushes to a member."""

    content_table: str
    inbox_days: Annotated[int, msgspec.Meta(ge=1)]
    notifications_table: str
    push_pause_seconds: Annotated[int, msgspec.Meta(ge=0, le=900)]
    push_queue: str


class Event(msgspec.Struct, frozen=True):
    """An event as EventBridge sends it."""

    kind: str = msgspec.field(name="detail-type")
    detail: Any


settings = config.read(Settings)
teller = Teller(
    Table(settings.notifications_table),
    Table(settings.content_table),
    Looks(Queue(settings.push_queue), settings.push_pause_seconds, time.time),
    settings.inbox_days,
    time.time,
    time.sleep,
)


@each_message
def handler(message: str) -> None:
    """Tell everybody whom one event concerns."""
    event = msgspec.json.decode(message, type=Event)
    teller.tell(event.kind, event.detail)
