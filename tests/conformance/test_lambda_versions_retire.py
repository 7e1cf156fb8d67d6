"""Environments of a version that no alias names any more end when they have nothing to do."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conformance.functions import ended, invoke, make_function, runs

if TYPE_CHECKING:
    from collections.abc import Callable

# Given a path, it makes the file, and answers when another one beside it is there.
CODE = """
import os, time
def handler(event, context):
    if event:
        open(event, "w").close()
        for _ in range(400):
            if os.path.exists(f"{event}.answer"):
                break
            time.sleep(0.05)
    return os.getpid()
"""
SECONDS = 60.0


def published(client: Callable[[str], Any], name: str, memory: int) -> str:
    """Change the function and publish it; return the version."""
    client("lambda").update_function_configuration(FunctionName=name, MemorySize=memory)
    version: str = client("lambda").publish_version(FunctionName=name)["Version"]
    return version


def test_what_an_alias_left_ends_once_it_has_answered(
    client: Callable[[str], Any], tmp_path: Path, stock: bool
) -> None:
    name = make_function(client, CODE, Timeout=30)
    before, after = published(client, name, 128), published(client, name, 256)
    client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion=before)
    pid = invoke(client, f"{name}:live").payload
    begun, answers = tmp_path / "begun", list[Any]()
    busy = threading.Thread(target=lambda: answers.append(invoke(client, f"{name}:live", str(begun))))
    busy.start()
    deadline = time.monotonic() + SECONDS
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert begun.exists()

    client("lambda").update_alias(FunctionName=name, Name="live", FunctionVersion=after)
    other = invoke(client, f"{name}:live").payload
    Path(f"{begun}.answer").touch()
    busy.join()

    assert answers[0].payload == pid
    assert other != pid
    assert ended(pid, stock=stock)
    assert runs(other)
