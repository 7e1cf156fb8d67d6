"""A task token whose wait is over is told from one that never was, and a wait's timeout may be computed.

The stock engine knows tokens of waits that are under way only and answers TaskDoesNotExist for all others. A
TimeoutSeconds that is a JSONata expression fails the task.

On AWS a token that was given back before, or whose wait ran out, is refused with TaskTimedOut, and a made-up
one with InvalidToken.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]


def fill() -> None:
    """Remember the tokens whose wait is over, and evaluate timeouts."""
    over: set[str] = set()
    wait, execute = stepfunctions._invoke_with_callback, stepfunctions._execute_task

    @functools.wraps(wait)
    def remembering(resource: str, given: Any, token: str, state: Json) -> Any:
        try:
            return wait(resource, given, token, state)
        finally:
            over.add(token)

    @functools.wraps(execute)
    def timed(state: Json, given: Any, execution: Any, context: Json) -> Any:
        timeout = state.get("TimeoutSeconds")
        if isinstance(timeout, str):
            state = {
                **state,
                "TimeoutSeconds": int(stepfunctions._apply_jsonata_template(timeout, given, context)),
            }
        return execute(state, given, execution, context)

    def known(answer: Callable[[Json], Any]) -> Callable[[Json], Any]:
        @functools.wraps(answer)
        def refusing(request: Json) -> Any:
            token = request.get("taskToken")
            under_way = stepfunctions._task_tokens.get(token)
            if under_way is not None and not under_way["event"].is_set():
                return answer(request)
            if under_way is not None or token in over:
                return error_response_json("TaskTimedOut", "Provided task does not exist anymore", 400)
            return error_response_json("InvalidToken", "Invalid token", 400)

        return refusing

    stepfunctions._invoke_with_callback = remembering
    stepfunctions._execute_task = timed
    for name in ("_send_task_success", "_send_task_failure", "_send_task_heartbeat"):
        setattr(stepfunctions, name, known(getattr(stepfunctions, name)))
