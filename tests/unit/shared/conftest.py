"""The log, as a function writes it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from shared.observability import logger


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return what is written to the log, from here on."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return the log's lines."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]
