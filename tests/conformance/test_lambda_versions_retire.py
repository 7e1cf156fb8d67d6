"""Environments of a version that no alias names any more end when they have nothing to do."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import psutil

from tests.conformance.functions import invoke, make_function

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = """
import os, time
def handler(event, context):
    time.sleep(event)
    return os.getpid()
"""
SECONDS = 10.0


def published(client: Callable[[str], Any], name: str, memory: int) -> str:
    """Change the function and publish it; return the version."""
    client("lambda").update_function_configuration(FunctionName=name, MemorySize=memory)
    version: str = client("lambda").publish_version(FunctionName=name)["Version"]
    return version


def runs(pid: int) -> bool:
    """Tell whether a process is there and has not ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_alias_that_moves_on_ends_what_it_left_once_that_has_answered(
    client: Callable[[str], Any],
) -> None:
    name = make_function(client, CODE, Timeout=30)
    before, after = published(client, name, 128), published(client, name, 256)
    client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion=before)
    pid = invoke(client, f"{name}:live", 0).payload
    answers: list[Any] = []
    busy = threading.Thread(target=lambda: answers.append(invoke(client, f"{name}:live", 3)))
    busy.start()
    time.sleep(1.0)

    client("lambda").update_alias(FunctionName=name, Name="live", FunctionVersion=after)
    other = invoke(client, f"{name}:live", 0).payload
    busy.join()

    assert answers[0].payload == pid
    assert other != pid
    deadline = time.monotonic() + SECONDS
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not runs(pid)
    assert runs(other)
