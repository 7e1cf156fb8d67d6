"""The processes that run functions on this machine, and their sudden ends. AWS lets nobody do this."""

from __future__ import annotations

import json
from collections.abc import Iterable

import psutil

from tests.stack import OUTPUTS


def running(function: str) -> list[psutil.Process]:
    """Return the processes that run a function, given its deployed name."""
    engine = json.loads((OUTPUTS.resolve().parent / "engine.json").read_text())
    found = []
    for process in psutil.Process(engine["pid"]).children(recursive=True):
        try:
            if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function:
                found.append(process)
        except psutil.Error:  # it ended by itself
            continue
    return found


def kill(processes: Iterable[psutil.Process]) -> int:
    """Kill processes; return how many were still there."""
    killed = 0
    for process in processes:
        try:
            process.kill()
        except psutil.Error:  # it ended by itself
            continue
        killed += 1
    return killed
