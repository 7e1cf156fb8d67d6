"""The state machine of reports, as it is deployed."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from tests.unit.functions import ROOT

PATH = ROOT / "statemachines/trend_report.asl.yaml"
SUBSTITUTIONS = {
    "Partition": "aws",
    "ReportsTable": "reports-table",
    "SavedQuery": "saved-query",
    "WorkGroup": "queries",
}


@cache
def definition() -> dict[str, Any]:
    """Return the definition with names put in."""
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


def longest(state: dict[str, Any]) -> int:
    """Return the seconds that a Task may take: every attempt at its timeout, every pause at its longest."""
    (retry,) = state["Retry"]
    pauses = [
        retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt for attempt in range(retry["MaxAttempts"])
    ]
    return int((retry["MaxAttempts"] + 1) * state["TimeoutSeconds"] + sum(pauses))
