"""Functions as Lambda sees them: a module of their own, an environment, an event and a context."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
LAMBDAS_OWN = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


@dataclass(frozen=True)
class Context:
    """What of Lambda's context object the code reads."""

    function_name: str = "function-under-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function-under-test"
    aws_request_id: str = "3f6c2a3e-6a55-4c52-9b0b-2f3f0f6d8a10"


def load(
    service: str, function: str, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str] | None = None
) -> ModuleType:
    """Import a function's app.py anew, with these environment variables, as a cold start does."""
    for name, value in {**LAMBDAS_OWN, **(environment or {})}.items():
        monkeypatch.setenv(name, value)
    path = FUNCTIONS / service / function / "app.py"
    spec = importlib.util.spec_from_file_location(f"{service}_{function}", path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    exec(_compiled(path), module.__dict__)  # noqa: S102 - what the loader does, which compiles it each time
    return module


@cache
def _compiled(path: Path) -> CodeType:
    return compile(path.read_bytes(), path, "exec", dont_inherit=True)


def sample_event(service: str, function: str) -> dict[str, Any]:
    """Return the function's sample event."""
    event: dict[str, Any] = json.loads((FUNCTIONS / service / "events" / f"{function}.json").read_text())
    return event
