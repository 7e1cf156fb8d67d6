"""RedrivesTable and the state machine in memory."""

from __future__ import annotations

import copy
from typing import Any

from shared.items import Item, Page, Update


class FakeRedrives:
    """`shared.tables.Table` without the table."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        assert consistent
        return copy.deepcopy(self.items.get(key["queue"]))

    def query(self, partition: tuple[str, str], *, consistent: bool = False) -> Page:
        assert (partition, consistent) == (("application", "lens"), True)
        return Page(copy.deepcopy(list(self.items.values())), None)

    def put_if(self, condition: str, item: Item, values: Item | None = None) -> Item | None:
        assert condition == (
            "attribute_not_exists(queue) OR redrive_status <> :running OR started_at < :lost"
        )
        stored, known = self.items.get(item["queue"]), values or {}
        if (
            stored
            and stored["redrive_status"] == known[":running"]
            and stored["started_at"] >= known[":lost"]
        ):
            return copy.deepcopy(stored)
        self.items[item["queue"]] = copy.deepcopy(item)
        return None

    def update_if(self, update: Update) -> Item | None:
        stored, values = self.items[update.key["queue"]], update.values
        assert update.condition == "redrive_id = :id AND redrive_status = :running"
        if (stored["redrive_id"], stored["redrive_status"]) != (values[":id"], values[":running"]):
            return copy.deepcopy(stored)
        setting, _, adding = update.change.removeprefix("SET ").partition(" ADD ")
        for pair in setting.split(", "):
            name, _, value = pair.partition(" = ")
            stored[name] = values[value]
        name, _, value = adding.partition(" ")
        stored[name] = stored.get(name, 0) + values[value]
        return None


class FakeWorkflow:
    """`shared.workflows.Workflow` that notes what it starts, or dies instead."""

    def __init__(self) -> None:
        self.started: dict[str, Any] = {}
        self.dies = False

    def start(self, name: str, given: Any) -> None:
        if self.dies:
            raise RuntimeError("The function is killed here.")
        self.started.setdefault(name, given)
