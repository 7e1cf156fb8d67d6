"""ProductsTable in memory, with its two indexes."""

from __future__ import annotations

import copy
import json
from typing import Any

from shared.items import Item, Page

INDEXES = {"ByName": "shelf", "ByCategory": "aisle"}


class FakeProducts:
    """`shared.tables.Table` without the table; `calls` has the name of each operation that reached it."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.calls: list[str] = []

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        self.calls.append("GetItem, consistent" if consistent else "GetItem")
        return copy.deepcopy(self.items.get(key["product_id"]))

    def put_if(self, condition: str, item: Item, values: Item | None = None) -> Item | None:
        self.calls.append("PutItem")
        json.dumps(item)  # plain data only, as the real one
        refused = self._refused(condition, item["product_id"], values)
        if refused is None:
            self.items[item["product_id"]] = copy.deepcopy(item)
        return refused

    def delete_if(self, condition: str, key: Item, values: Item | None = None) -> Item | None:
        self.calls.append("DeleteItem")
        refused = self._refused(condition, key["product_id"], values)
        if refused is None:
            del self.items[key["product_id"]]
        return refused

    def _refused(self, condition: str, product_id: str, values: Item | None) -> Item | None:
        stored = self.items.get(product_id)
        holds = {
            "attribute_not_exists(product_id)": stored is None,
            "attribute_exists(product_id)": stored is not None,
            "revision = :known": stored is not None and stored["revision"] == (values or {}).get(":known"),
        }[condition]
        return None if holds else copy.deepcopy(stored or {})

    def query(
        self,
        partition: tuple[str, str],
        *,
        index: str,
        between: tuple[str, Any, Any] | None,
        limit: int,
        after: Item | None,
    ) -> Page:
        self.calls.append("Query")
        name, value = partition
        assert INDEXES[index] == name
        least, greatest = between[1:] if between else ("", "\U0010ffff")
        found = sorted(
            (
                item
                for item in self.items.values()
                if item[name] == value and least <= item["name_key"] <= greatest
            ),
            key=self._place,
        )
        if after:
            assert after[name] == value
            found = [item for item in found if self._place(item) > self._place(after)]
        page, rest = found[:limit], found[limit:]
        # DynamoDB stops looking at the limit: a full page has a last key, whether more follow or not.
        last = (
            {key: page[-1][key] for key in ("product_id", name, "name_key")}
            if rest or len(page) == limit
            else None
        )
        return Page(copy.deepcopy(page), last)

    @staticmethod
    def _place(item: Item) -> tuple[str, str]:
        return item["name_key"], item["product_id"]
