"""An item that DynamoDB deletes because its time is over is told in the table's stream, as its own deed.

The stock engine deletes expired items once a minute and writes no record. Here they are gone within a second
or two, so that what follows can be tried.

After https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb

EVERY_SECONDS = 1.0
FIVE_YEARS = 5 * 365 * 86400
SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}

Json = dict[str, Any]

_expiring = threading.local()


@dataclass
class Watched:
    """A table whose items expire by an attribute: it is not gone through before the soonest of them does."""

    table: Json
    attribute: str
    soonest: float = -inf


_watched: dict[int, Watched] = {}
"""By the identity of the table, which nothing else has while it is here."""
_watching = threading.Lock()


def fill() -> None:
    """Expire items, and tell of it, before the engine's own reaper comes."""
    dynamodb._build_change_record = _naming_the_service(dynamodb._build_change_record)
    dynamodb._remove_item = _telling_of_the_reaper(dynamodb._remove_item)
    dynamodb._set_item = _noting_its_time(dynamodb._set_item)
    threading.Thread(target=_expire, daemon=True, name="expiry").start()


def _naming_the_service(built: Callable[..., Json]) -> Callable[..., Json]:
    @functools.wraps(built)
    def build(*given: Any, **named: Any) -> Json:
        record = built(*given, **named)
        return {**record, "userIdentity": SERVICE} if getattr(_expiring, "now", False) else record

    return build


def _telling_of_the_reaper(removed: Callable[..., Any]) -> Callable[..., Any]:
    """Make the engine's reaper leave to this one what it finds: it comes once a minute, and may be first."""

    @functools.wraps(removed)
    def remove(table: Json, *key: Any) -> Any:
        if threading.current_thread().name == "dynamodb-ttl-reaper":
            return None
        return removed(table, *key)

    return remove


def _noting_its_time(stored: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(stored)
    def store(table: Json, partition: str, sort: str, item: Json) -> Any:
        before = stored(table, partition, sort, item)
        with _watching:
            watched = _watched.get(id(table))
            if watched is not None:
                watched.soonest = min(watched.soonest, _time_of(item.get(watched.attribute)))
        return before

    return store


def _expire() -> None:
    _expiring.now = True
    while True:
        time.sleep(EVERY_SECONDS)
        tables = set()
        for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
            if setting.get("TimeToLiveStatus") == "ENABLED":
                with request_scope(account, region), dynamodb._lock:
                    table = dynamodb._tables.get(name)
                    if table is not None:
                        tables.add(id(table))
                        _expire_items(name, table, setting["AttributeName"])
        with _watching:
            for gone in _watched.keys() - tables:
                del _watched[gone]


def _expire_items(name: str, table: Json, attribute: str) -> None:
    now = time.time()
    if not _is_due(table, attribute, now):
        return
    times = [
        (_time_of(item.get(attribute)), partition, sort)
        for partition, items in list(table["items"].items())
        for sort, item in list(items.items())
    ]
    with _watching:
        watched = _watched[id(table)]
        watched.soonest = min([watched.soonest, *(seconds for seconds, *_ in times if seconds > now)])
    for seconds, partition, sort in times:
        if seconds <= now:
            item = dynamodb._remove_item(table, partition, sort)
            if item is not None:
                dynamodb._emit_stream_event(name, "REMOVE", item, None)


def _is_due(table: Json, attribute: str, now: float) -> bool:
    """Tell whether an item of a table may have expired; what is stored meanwhile counts for the next time."""
    with _watching:
        watched = _watched.get(id(table))
        if watched is None or watched.attribute != attribute:
            watched = _watched[id(table)] = Watched(table, attribute)
        due = watched.soonest <= now
        if due:
            watched.soonest = inf
        return due


def _time_of(value: Json | None) -> float:
    """Return when an item expires: never, where it is no number, or over for more than five years."""
    try:
        seconds = float((value or {})["N"])
    except (KeyError, ValueError):
        return inf
    return seconds if seconds > time.time() - FIVE_YEARS else inf
