"""Tables in memory that behave as DynamoDB does, for the calls and conditions of this application."""

from __future__ import annotations

import copy
import json
import re

from shared.items import Item, Page, Update


class Crash(Exception):  # noqa: N818 - it is no error of the code's
    """The environment dies in this call."""


class FakeTable:
    """`shared.tables.Table` without the table; `calls` has the name of each operation that reached it.

    `indexes` are the partition and the sort key of each index, by its name.
    """

    def __init__(self, partition_key: str, sort_key: str | None = None, **indexes: tuple[str, str]) -> None:
        self.keys = [key for key in (partition_key, sort_key) if key]
        self.indexes = indexes
        self.items: dict[tuple[str, ...], Item] = {}
        self.calls: list[str] = []
        self.crash_at: str | None = None

    def _called(self, operation: str) -> None:
        if self.crash_at == operation:
            self.crash_at = None
            raise Crash
        self.calls.append(operation)

    def _key(self, item: Item) -> tuple[str, ...]:
        return tuple(item[key] for key in self.keys)

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        self._called("GetItem, consistent" if consistent else "GetItem")
        return copy.deepcopy(self.items.get(self._key(key)))

    def put_if(self, condition: str, item: Item, values: Item | None = None) -> Item | None:
        self._called("PutItem")
        json.dumps(item)  # plain data only, as the real one
        stored = self.items.get(self._key(item))
        if any(self._holds(part, stored, values or {}) for part in condition.split(" OR ")):
            self.items[self._key(item)] = copy.deepcopy(item)
            return None
        return copy.deepcopy(stored)

    def _holds(self, condition: str, stored: Item | None, values: Item) -> bool:
        match condition.replace("(", " ").replace(")", "").split():
            case ["attribute_not_exists", name]:
                return stored is None or name not in stored
            case ["attribute_exists", name]:
                return stored is not None and name in stored
            case [name, "=", value]:
                return stored is not None and stored[name] == values[value]
            case [name, "<=", value]:
                return stored is not None and stored[name] <= values[value]
        raise AssertionError(f"the fake does not know the condition {condition}")

    def update_if(self, update: Update) -> Item | None:
        self._called("UpdateItem")
        stored = self.items.get(self._key(update.key))
        if not all(self._holds(part, stored, update.values) for part in update.condition.split(" AND ")):
            return copy.deepcopy(stored or {})
        item = self.items.setdefault(self._key(update.key), dict(update.key))
        change, _, removed = update.change.removeprefix("SET ").partition(" REMOVE ")
        for name, appended, value in re.findall(r"(#?\w+) = (list_append\(\w+, )?(:\w+)", change):
            attribute = update.names.get(name, name)
            given = copy.deepcopy(update.values[value])
            item[attribute] = [*item[attribute], *given] if appended else given
        for name in filter(None, removed.split(", ")):
            item.pop(name, None)
        return None

    def query(
        self,
        partition: tuple[str, str],
        *,
        limit: int,
        newest_first: bool = False,
        after: Item | None = None,
        index: str | None = None,
    ) -> Page:
        self._called("Query")
        name, value = partition
        first, *places = [*self.indexes[index], *self.keys] if index else self.keys
        assert name == first

        def place(item: Item) -> tuple[str, ...]:
            return tuple(item[key] for key in places)

        # An index has the items that have its keys.
        mine = [item for item in self.items.values() if item.get(name) == value and places[0] in item]
        mine.sort(key=place, reverse=newest_first)
        if after:
            assert {*after} == {name, *places}
            start = place(after)
            mine = [item for item in mine if (place(item) < start if newest_first else place(item) > start)]
        page, rest = mine[:limit], mine[limit:]
        # DynamoDB stops looking at the limit: a full page has a last key, whether more follow or not.
        last = {key: page[-1][key] for key in (name, *places)} if rest or len(page) == limit else None
        return Page(copy.deepcopy(page), last)
