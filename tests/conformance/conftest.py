"""Conformance: each test passes on the filled engine, and fails on the one that its makers ship."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.engine import process

THE_GAP = pytest.mark.xfail(
    strict=True,
    raises=(AssertionError, BotoCoreError, ClientError, LookupError),  # or what a test looks for is not there
    reason="the gap, on the stock engine",
)


@pytest.fixture(scope="session", params=["filled", pytest.param("stock", marks=THE_GAP)])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[process.Engine]:
    """An engine with its gaps filled, then one as its makers ship it."""
    state: Path = tmp_path_factory.mktemp(request.param)
    running = process.start(state, process.free_port(), stock=request.param == "stock")
    yield running
    running.stop()


@pytest.fixture
def stock(request: pytest.FixtureRequest) -> bool:
    """Whether the test fails as it is expected to, which nobody waits for longer than need be."""
    return "stock" in request.node.callspec.params.values()


@pytest.fixture(scope="session")
def client(engine: process.Engine) -> Callable[[str], Any]:
    """Return a function that makes a boto3 client of the engine, as its administrator."""
    session: Any = boto3.Session("test", "test", region_name=process.REGION)

    @cache  # a client reads the model of its service
    def make(service: str) -> Any:
        return session.client(service, endpoint_url=engine.url, config=Config(retries={"max_attempts": 0}))

    return make
