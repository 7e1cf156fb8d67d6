"""TrendsTable in memory: transactions are whole or not at all, and within DynamoDB's limits."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterable
from typing import Any

from shared.items import Item, Page, Refused, Update, to_attributes

ITEMS_OF_A_TRANSACTION = 100
BYTES_OF_A_TRANSACTION = 4 * 1024 * 1024
BYTES_OF_AN_ITEM = 400 * 1024


def size(item: Item) -> int:
    """Return how many bytes DynamoDB counts for an item of texts, numbers and bytes.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    total = 0
    for name, value in item.items():
        total += len(name.encode())
        match value:
            case str():
                total += len(value.encode())
            case bytes():
                total += len(value)
            case int():
                total += 1 + -(-len(str(value).strip("0")) // 2)
            case _:
                raise AssertionError(f"no item has a {type(value).__name__}")
    return total


class FakeTrendsTable:
    """`shared.tables.Table` without the table; `calls` has the name of each operation that reached it."""

    name = "trends"

    def __init__(self, page: int = 1000) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.calls: list[str] = []
        self._page = page
        self._lock = threading.Lock()

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        self.calls.append("GetItem, consistent" if consistent else "GetItem")
        return copy.deepcopy(self.items.get((key["pk"], key["sk"])))

    def query(
        self,
        partition: tuple[str, str],
        *,
        between: tuple[str, str, str] | None = None,
        consistent: bool = False,
        after: Item | None = None,
    ) -> Page:
        self.calls.append("Query, consistent" if consistent else "Query")
        assert partition[0] == "pk"
        _, least, greatest = between or ("sk", "", "\U0010ffff")
        found = [
            item
            for (pk, sk), item in sorted(self.items.items())
            if pk == partition[1] and least <= sk <= greatest and (after is None or sk > after["sk"])
        ]
        page, rest = found[: self._page], found[self._page :]
        last: Any = {"pk": page[-1]["pk"], "sk": page[-1]["sk"]} if rest else None
        return Page(copy.deepcopy(page), last)

    def update_all(self, updates: Iterable[tuple[Any, Update]]) -> Refused | None:
        changes = [update for _, update in updates]
        self.calls.append("TransactWriteItems")
        with self._lock:
            return self._all_or_none(changes)

    def _all_or_none(self, changes: list[Update]) -> Refused | None:
        keys = [(change.key["pk"], change.key["sk"]) for change in changes]
        assert 0 < len(changes) <= ITEMS_OF_A_TRANSACTION
        assert len(set(keys)) == len(keys), "a transaction names an item once"
        before = [self.items.get(key) for key in keys]
        failed = tuple(not holds(change, item or {}) for change, item in zip(changes, before, strict=True))
        if any(failed):
            told = [copy.deepcopy(item) if lost else None for item, lost in zip(before, failed, strict=True)]
            return Refused(failed, tuple(told))
        after = [changed(change, item or {}) for change, item in zip(changes, before, strict=True)]
        assert all(size(item) <= BYTES_OF_AN_ITEM for item in after)
        assert sum(map(size, after)) <= BYTES_OF_A_TRANSACTION
        for key, item in zip(keys, after, strict=True):
            to_attributes(item)  # plain data only, as the real one
            self.items[key] = item
        return None


def holds(change: Update, item: Item) -> bool:
    """Tell whether a change's condition holds for an item."""
    for part in change.condition.split(" AND "):
        if match := re.fullmatch(r"attribute_not_exists\((\w+)\)", part):
            if match[1] in item:
                return False
        elif match := re.fullmatch(r"#(\w+) = (:\w+)", part):
            name = change.names[f"#{match[1]}"]
            if name not in item or item[name] != change.values[match[2]]:
                return False
        else:
            raise AssertionError(f"the fake does not know the condition {part}")
    return True


def changed(change: Update, item: Item) -> Item:
    """Return an item as a change leaves it."""
    assert change.change.startswith("SET ")
    new = {**item, **change.key}
    for assignment in change.change.removeprefix("SET ").split(", "):
        name, value = assignment.split(" = ")
        new[change.names.get(name, name)] = copy.deepcopy(change.values[value])
    return new
