"""A wait for a task token passes at the engine's wait scale, as its Wait states and retries do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conformance.test_stepfunctions_task_tokens import SECONDS, ended, waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

DAY = 86400


@pytest.fixture
def lapse(engine: Engine) -> Iterator[None]:
    """A day passes in a second."""
    url = f"{engine.url}/_ministack/config"
    requests.post(url, json={"stepfunctions._SFN_WAIT_SCALE": 1 / DAY}, timeout=5)
    yield
    requests.post(url, json={"stepfunctions._SFN_WAIT_SCALE": 1}, timeout=5)


@pytest.mark.usefixtures("lapse")
def test_a_day_s_wait_runs_out(client: Callable[[str], Any], stock: bool) -> None:
    execution, _ = waiting(client, DAY)

    assert ended(client("stepfunctions"), execution, 3 if stock else SECONDS) == ("FAILED", "States.Timeout")
