"""Starting state machines, each execution once, and waking those that wait on a task token."""

from __future__ import annotations

from typing import Any

import msgspec
from botocore.exceptions import ClientError

from shared import aws


class Workflow:
    """A state machine of the kind STANDARD.

    Parameters
    ----------
    arn
        The state machine's.
    stepfunctions
        The client to use; the environment's own when left out.
    """

    def __init__(self, arn: str, stepfunctions: Any = None) -> None:
        self._arn = arn
        self._stepfunctions = stepfunctions or aws.client("stepfunctions")

    def start(self, name: str, given: msgspec.Struct) -> None:
        """Start an execution under `name` with `given` as its input, unless there is or was one of the name.

        Step Functions knows names for 90 days after an execution's end.
        """
        try:
            self._stepfunctions.start_execution(
                stateMachineArn=self._arn, name=name, input=msgspec.json.encode(given).decode()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise


# The wait is over already: it ran out, was ended before, or its execution is no more.
_OVER = frozenset(("TaskDoesNotExist", "TaskTimedOut"))


class Tasks:
    """The tasks of state machines that wait on a token.

    Parameters
    ----------
    stepfunctions
        The client to use; the environment's own when left out.
    """

    def __init__(self, stepfunctions: Any = None) -> None:
        self._stepfunctions = stepfunctions or aws.client("stepfunctions")

    def end(self, token: str) -> None:
        """End the wait on `token`, unless it is over."""
        try:
            self._stepfunctions.send_task_success(taskToken=token, output="{}")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _OVER:
                raise
