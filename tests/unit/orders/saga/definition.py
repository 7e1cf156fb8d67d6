"""The order saga's definition, as it is deployed."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from tests.unit.functions import ROOT

PATH = ROOT / "statemachines/order_saga.asl.yaml"
SUBSTITUTIONS = {
    "Partition": "aws",
    "OrdersTable": "orders-table",
    "StockTable": "stock-table",
    "DeadEndQueue": "dead-end-queue",
    "ApprovalsTable": "approvals-table",
    "ApprovalAbove": "30000",
    "ApprovalWaitSeconds": "86400",
    "ApprovalWaits": "3",
    **{
        name: name
        for name in (
            "ReserveStock",
            "TakePayment",
            "BookShipment",
            "CancelShipment",
            "RefundPayment",
            "ReleaseStock",
        )
    },
}


@cache
def definition() -> dict[str, Any]:
    """Return the definition with names of tables, functions and a queue put in."""
    text = PATH.read_text()
    for name, value in SUBSTITUTIONS.items():
        text = text.replace(f"${{{name}}}", value)
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


def states() -> dict[str, dict[str, Any]]:
    """Return the states by name."""
    found: dict[str, dict[str, Any]] = definition()["States"]
    return found


def tasks() -> dict[str, dict[str, Any]]:
    """Return the Task states by name."""
    return {name: state for name, state in states().items() if state["Type"] == "Task"}


def after(state: dict[str, Any]) -> set[str]:
    """Return the states that may follow a state, whatever happens in it."""
    ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return {way[key] for way in ways for key in ("Next", "Default") if key in way}


def longest(state: dict[str, Any]) -> int:
    """Return the seconds that a Task may take: every attempt at its timeout, every pause at its longest."""
    if state["Type"] != "Task":
        return 0
    (retry,) = state["Retry"]
    pauses = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt, retry.get("MaxDelaySeconds", 10**9))
        for attempt in range(retry["MaxAttempts"])
    ]
    if waits(state):
        return 0  # people's time, which the root template's parameters hold
    return int((retry["MaxAttempts"] + 1) * state["TimeoutSeconds"] + sum(pauses))


def waits(state: dict[str, Any]) -> bool:
    """Return whether a state waits for people, on a task token."""
    return str(state.get("Resource")).endswith(".waitForTaskToken")


def worst_case(name: str) -> int:
    """Return the seconds that an execution may take from a state on to its end, people's waits aside."""
    followers = after(states()[name]) - {"IsExpired"}  # where a wait begins again
    return longest(states()[name]) + max((worst_case(follower) for follower in followers), default=0)
