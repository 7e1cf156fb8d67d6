"""Publishing events to an EventBridge bus."""

from __future__ import annotations

from typing import Any

import msgspec

from shared import aws
from shared.faults import Transient


class NotTaken(Transient):
    """The bus did not take the event."""


class Bus:
    """An event bus, as one source of events sees it.

    Parameters
    ----------
    name
        The bus's name.
    source
        The source that its events name.
    events
        The client to use; the environment's own when left out.
    """

    def __init__(self, name: str, source: str, events: Any = None) -> None:
        self._name = name
        self._source = source
        self._events = events or aws.client("events")

    def publish(self, kind: str, detail: msgspec.Struct) -> None:
        """Publish one event of the type `kind`.

        Raises
        ------
        NotTaken
            When the bus refuses it: PutEvents then answers 200 all the same.
        """
        entry = {
            "EventBusName": self._name,
            "Source": self._source,
            "DetailType": kind,
            "Detail": msgspec.json.encode(detail).decode(),
        }
        answer = self._events.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise NotTaken(str(answer["Entries"][0].get("ErrorCode")))
