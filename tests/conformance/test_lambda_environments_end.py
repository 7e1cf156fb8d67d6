"""Execution environments end with their function, and all of them with the engine."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError

from local.engine import process
from tests.conformance.conftest import THE_GAP
from tests.conformance.functions import ended, invoke, make_function
from tests.conformance.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CODE = """
import os, pathlib, tempfile, time
def handler(event, context):
    pathlib.Path(tempfile.gettempdir(), "mark").touch()
    time.sleep(event)
    return os.getpid()
"""


def test_the_environment_of_a_function_ends_when_its_stack_is_deleted(
    client: Callable[[str], Any], stock: bool
) -> None:
    stack = Stack(client)
    stack.create(
        {
            "Resources": {
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Runtime": "python3.13",
                        "Handler": "index.handler",
                        "Role": "arn:aws:iam::000000000000:role/any",
                        "Code": {"ZipFile": CODE},
                    },
                }
            }
        }
    )
    pid = invoke(client, stack.resources()["Function"], 0).payload

    stack.delete()

    assert ended(pid, stock=stock)


@pytest.fixture(params=["filled", pytest.param("stock", marks=THE_GAP)])
def own_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[process.Engine]:
    """An engine that the test may end."""
    running = process.start(tmp_path, process.free_port(), stock=request.param == "stock")
    yield running
    running.stop()


def test_an_engine_told_to_end_ends_what_runs_at_once_and_leaves_no_file_of_a_function(
    own_engine: process.Engine, stock: bool, tmp_path: Path
) -> None:
    session: Any = boto3.Session("test", "test", region_name=process.REGION)

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=own_engine.url)

    name = make_function(client, CODE, Timeout=60)
    pid = invoke(client, name, 0).payload

    def invoke_until_the_end() -> None:
        with contextlib.suppress(ClientError, OSError):
            invoke(client, name, 60)

    threading.Thread(target=invoke_until_the_end, daemon=True).start()
    time.sleep(0.5)
    psutil.Process(own_engine.pid).terminate()

    assert ended(own_engine.pid, stock=stock)
    assert ended(pid, stock=stock)
    assert {each.name for each in (tmp_path / "tmp").iterdir()} == {"bin", "state"}  # the engine's own
