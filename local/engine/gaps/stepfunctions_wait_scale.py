"""A wait for a task token passes at the engine's wait scale, as its Wait states and retries do.

`_SFN_WAIT_SCALE` lets tests see what happens after a day. The stock engine scales the pauses that it makes
by itself and not the time that it waits for people, so that the way after a Task's TimeoutSeconds, which AWS
goes when nobody answered (States.Timeout), could not be tried.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import stepfunctions

Json = dict[str, Any]


def fill() -> None:
    """Scale the timeout of a wait when it begins."""
    wait = stepfunctions._invoke_with_callback

    @functools.wraps(wait)
    def scaled(resource: str, given: Any, token: str, state: Json) -> Any:
        if "TimeoutSeconds" in state:
            state = {**state, "TimeoutSeconds": state["TimeoutSeconds"] * stepfunctions._SFN_WAIT_SCALE}
        return wait(resource, given, token, state)

    stepfunctions._invoke_with_callback = scaled
