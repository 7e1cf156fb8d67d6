"""Environments of a version that no alias names any more end when they have nothing to do.

On AWS an environment that no event comes to ends after some minutes. The stock engine keeps the first one of
every version for as long as it runs itself: each release would leave a process a function behind.

After https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (the Shutdown phase)
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime as runtime
from ministack.services import lambda_svc as service

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

LOOKS_EVERY, LOOKS_FOR = 1.0, 900.0
"""Seconds; no event runs for longer than the latter."""


def fill() -> None:
    """Retire the version that an alias leaves."""
    service._update_alias = leaving(service._update_alias)


def leaving(update: Callable[[str, str, Json], Any]) -> Callable[[str, str, Json], Any]:
    """Return the engine's way to update an alias, which looks after the version that it named."""

    def update_and_leave(function: str, alias: str, data: Json) -> Any:
        record = service._functions.get(function) or {}
        left = record.get("aliases", {}).get(alias, {}).get("FunctionVersion")
        answer = update(function, alias, data)
        if left in record.get("versions", {}) and not is_named(record, left):
            key = runtime._worker_key(function, record["config"], left)
            threading.Thread(target=retire, args=(record, left, key), daemon=True).start()
        return answer

    return update_and_leave


def is_named(record: Json, version: str) -> bool:
    """Tell whether an alias of the function names the version."""
    return any(alias.get("FunctionVersion") == version for alias in record["aliases"].values())


def retire(record: Json, version: str, key: str) -> None:
    """End the version's environments, each once it has answered, unless an alias names it again."""
    deadline = time.monotonic() + LOOKS_FOR
    while time.monotonic() < deadline and not is_named(record, version):
        with runtime._lock:
            there = runtime._workers.get(key, [])
            idle = [worker for worker in there if not worker.in_use]
            there[:] = [worker for worker in there if worker.in_use]
            busy = bool(there)
        runtime.kill_workers(idle)
        if not busy:
            return
        time.sleep(LOOKS_EVERY)
