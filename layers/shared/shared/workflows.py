"""Starting state machines, each execution once."""

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
