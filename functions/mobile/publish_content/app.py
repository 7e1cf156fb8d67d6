"""Tells the event bus what follows from changes of members' content, from ContentTable's stream."""

import msgspec

from mobile.outbox import SOURCE, event_of
from shared import config
from shared.events import Bus
from shared.streams import Record, each_record


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    event_bus: str


settings = config.read(Settings)
bus = Bus(settings.event_bus, SOURCE)


@each_record
def handler(record: Record) -> None:
    """Publish the event that one change makes, if it makes one."""
    if event := event_of(record):
        bus.publish(type(event).__name__, event)
