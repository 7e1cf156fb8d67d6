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
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb

EVERY_SECONDS = 1.0
SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}

Json = dict[str, Any]

_expiring = threading.local()


def fill() -> None:
    """Expire items, and tell of it, before the engine's own reaper comes."""
    dynamodb._build_change_record = _naming_the_service(dynamodb._build_change_record)
    dynamodb._remove_item = _telling_of_the_reaper(dynamodb._remove_item)
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


def _expire() -> None:
    _expiring.now = True
    while True:
        time.sleep(EVERY_SECONDS)
        for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
            if setting.get("TimeToLiveStatus") == "ENABLED":
                with request_scope(account, region):
                    _expire_items(name, setting["AttributeName"])


def _expire_items(name: str, attribute: str) -> None:
    with dynamodb._lock:
        table = dynamodb._tables.get(name)
        expired = (
            [
                (partition, sort)
                for partition, items in list(table["items"].items())
                for sort, item in list(items.items())
                if _is_over(item.get(attribute))
            ]
            if table
            else []
        )
        for partition, sort in expired:
            item = dynamodb._remove_item(table, partition, sort)
            if item is not None:
                dynamodb._emit_stream_event(name, "REMOVE", item, None)


def _is_over(value: Json | None) -> bool:
    """Say whether a time is over; what is no number, or over for more than five years, never expires."""
    try:
        seconds = float((value or {})["N"])
    except (KeyError, ValueError):
        return False
    return time.time() - 5 * 365 * 86400 < seconds <= time.time()
