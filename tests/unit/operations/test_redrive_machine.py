"""The state machine of redrives: every fault has a way, and the worst case is what it says."""

from __future__ import annotations

import re
from typing import Any

import yaml

from operations.redrives import LOST_SECONDS
from tests.templates import ROOT

TEXT = (ROOT / "statemachines/redrive.asl.yaml").read_text()
DEFINITION: dict[str, Any] = yaml.safe_load(TEXT)
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]


def longest(state: dict[str, Any]) -> int:
    """Return the seconds that a Task may take: every attempt at its timeout, every pause at its longest."""
    (retry,) = state["Retry"]
    pauses = [retry["IntervalSeconds"] * retry["BackoffRate"] ** n for n in range(retry["MaxAttempts"])]
    return int((retry["MaxAttempts"] + 1) * state["TimeoutSeconds"] + sum(pauses))


def test_every_task_has_a_timeout_jittered_retries_and_a_way_for_every_fault() -> None:
    for state in STATES.values():
        if state["Type"] == "Task":
            assert state["TimeoutSeconds"] > 0
            assert {retry["JitterStrategy"] for retry in state["Retry"]} == {"FULL"}
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_the_worst_case_is_what_the_page_says_and_ends_before_the_machine_and_the_redrive_are_given_up() -> (
    None
):
    (rounds,) = map(int, re.findall(r"\$rounds < (\d+)", TEXT))

    whole = rounds * longest(STATES["Move"]) + longest(STATES["Close"])

    assert f"= {whole}\n" in TEXT
    assert whole < DEFINITION["TimeoutSeconds"] <= LOST_SECONDS
