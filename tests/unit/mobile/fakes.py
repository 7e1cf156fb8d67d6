"""ContentTable in memory: FakeTable with the calls, the conditions and the indexes of the mobile backend."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

from shared.items import Item, Page, Refused, Update
from tests.unit.orders.fakes import FakeTable

INDEXES = {
    "by_author": ("author_id", "author_order"),
    "by_list": ("listed_in", "post_id"),
    "unread": ("pk", "unread"),
}


class FakeContentTable(FakeTable):
    """`shared.tables.Table` without the table."""

    def __init__(self) -> None:
        super().__init__("pk", "sk")

    def _holds(self, condition: str, stored: Item | None, values: Item) -> bool:
        match condition.replace("(", " ").replace(")", "").split():
            case ["attribute_exists", name]:
                return stored is not None and name in stored
            case [name, "<", value]:
                return stored is not None and stored[name] < values[value]
            case [name, "=", value]:
                return stored is not None and stored.get(name) == values[value]
        return super()._holds(condition, stored, values)

    def _allowed(self, condition: str, stored: Item | None, values: Item) -> bool:
        if not condition:
            return True
        before, _, choice = condition.partition(" AND (")
        if choice:
            return self._allowed(before, stored, values) and self._allowed(choice[:-1], stored, values)
        return any(
            all(self._holds(part, stored, values) for part in either.split(" AND "))
            for either in condition.split(" OR ")
        )

    def put_if(self, condition: str, item: Item, values: Item | None = None) -> Item | None:
        self._called("PutItem")
        stored = self.items.get(self._key(item))
        if not self._allowed(condition, stored, values or {}):
            return copy.deepcopy(stored or {})
        self.items[self._key(item)] = copy.deepcopy(item)
        return None

    def get_some(self, keys: list[Item]) -> list[Item]:
        self._called("BatchGetItem")
        assert len(keys) <= 100
        return [copy.deepcopy(self.items[self._key(key)]) for key in keys if self._key(key) in self.items]

    def delete_all(self, keys: list[Item]) -> None:
        self._called("BatchWriteItem")
        assert len(keys) <= 25
        for key in keys:
            self.items.pop(self._key(key), None)

    def delete_if(self, condition: str, key: Item, values: Item | None = None) -> Item | None:
        self._called("DeleteItem")
        stored = self.items.get(self._key(key))
        if self._allowed(condition, stored, values or {}):
            self.items.pop(self._key(key), None)
            return None
        return copy.deepcopy(stored or {})

    def update_if(self, update: Update) -> Item | None:
        self._called("UpdateItem")
        stored = self.items.get(self._key(update.key))
        condition = update.condition
        for name, stands_for in update.names.items():
            condition = condition.replace(name, stands_for)
        if not self._allowed(condition, stored, update.values):
            return copy.deepcopy(stored or {})
        self._change(update)
        return None

    def update_all(self, updates: Iterable[tuple[Any, Update]]) -> Refused | None:
        self._called("TransactWriteItems")
        listed = [update for _, update in updates]
        stored = [self.items.get(self._key(update.key)) for update in listed]
        failed = tuple(
            not self._allowed(update.condition, item, update.values)
            for update, item in zip(listed, stored, strict=True)
        )
        if any(failed):
            return Refused(failed, tuple(copy.deepcopy(stored)))
        for update in listed:
            self._change(update)
        return None

    def _change(self, update: Update) -> None:
        changed = {**self.items.get(self._key(update.key), update.key)}
        clauses = re.split(r"(?:^| )(SET|ADD|REMOVE) ", update.change)
        parts = dict(zip(clauses[1::2], clauses[2::2], strict=True))
        sets, adds, removes = (parts.get(name, "") for name in ("SET", "ADD", "REMOVE"))
        for addition in filter(None, adds.split(", ")):
            name, value = addition.split(" ")
            changed[name] = changed.get(name, 0) + update.values[value]
        for assignment in filter(None, sets.split(", ")):
            name, value = assignment.split(" = ")
            base, _, added = value.partition(" + ")
            to = changed[base] + update.values[added] if added else update.values[value]
            changed[update.names.get(name, name)] = to
        for name in filter(None, re.split(", ", removes)):
            changed.pop(name, None)
        self.items[self._key(update.key)] = copy.deepcopy(changed)

    def query(  # noqa: PLR0913 - a Query has as many parts
        self,
        partition: tuple[str, str],
        *,
        between: tuple[str, Any, Any] | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        consistent: bool = False,  # noqa: ARG002 - memory always is
        after: Item | None = None,
        index: str | None = None,
    ) -> Page:
        self._called(f"Query {index}" if index else "Query")
        hash_key, sort_key = INDEXES[index] if index else self.keys
        assert partition[0] == hash_key
        found = [
            item
            for item in self.items.values()
            if item.get(hash_key) == partition[1]
            and sort_key in item
            and (between is None or between[1] <= item[between[0]] <= between[2])
        ]
        found.sort(key=lambda item: item[sort_key], reverse=newest_first)
        if after:
            assert {*self.keys, hash_key, sort_key} == set(after)
            start = after[sort_key]
            found = [i for i in found if (i[sort_key] < start if newest_first else i[sort_key] > start)]
        page = found[:limit]
        full = len(page) == limit
        last = {key: page[-1][key] for key in {*self.keys, hash_key, sort_key}} if full else None
        return Page(copy.deepcopy(page), last)
