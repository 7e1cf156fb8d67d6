"""A report's state machine in this process: its real definition, a query and a table in memory, and faults.

The state machine is run by the local engine's Step Functions, called as the Python that it is. Each call of a
Task goes through `World.call`, where a test lets it fail in any way it likes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.unit.functions import ROOT
from tests.unit.orders.saga.world import Watched, well
from tests.unit.stream.report.definition import definition, states

# At the end: where both have a package, it is the project's that is used.
sys.path += [str(path) for path in (ROOT / ".local/envs/engine").glob("lib/python*/site-packages")]

from ministack.services import stepfunctions

Json = dict[str, Any]
ExecutionError = stepfunctions._ExecutionError

JOB = {"member_id": "ann", "report_id": "r" * 36, "since": "2026-11-01", "until": "2026-11-07"}
QUERY = "SELECT 1 WHERE day BETWEEN ? AND ?"


@dataclass
class World:
    """What is around the state machine. `hook` is asked before each call how it goes; see `call`."""

    monkeypatch: pytest.MonkeyPatch
    hook: Callable[[str], str] = well
    told: list[str] = field(default_factory=lambda: ["QUEUED", "RUNNING", "SUCCEEDED"])
    """What Athena says at each question; the last for ever."""
    meanwhile: Callable[[World], None] = lambda _: None
    """What happens during each wait."""
    report: Json = field(default_factory=lambda: {"status": "RUNNING"})
    started: dict[str, Json] = field(default_factory=dict)
    stopped: int = 0
    asked: int = 0
    waits: list[float] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    error: str = ""
    """The error that the execution failed with."""

    def __post_init__(self) -> None:
        """Put the engine's parts together."""
        self.monkeypatch.setattr(stepfunctions, "_invoke_resource", self.call)
        self.monkeypatch.setattr(
            stepfunctions,
            "_invoke_resource_with_timeout",
            lambda resource, given, _: self.call(resource, given),
        )
        self.monkeypatch.setattr(stepfunctions, "_scaled_sleep", self.sleep)
        self.monkeypatch.setattr(stepfunctions, "_add_event", lambda *_: None)

    def run(self) -> str:
        """Run an execution to its end, and return the name of the state that it ended in."""
        context = {
            "QueryLanguage": definition()["QueryLanguage"],
            "Execution": {"Id": "execution", "Name": JOB["report_id"], "Input": JOB},
            "variables": {},
        }
        watched = {name: Watched(name, state, self.entered) for name, state in states().items()}
        try:
            stepfunctions._run_sub_machine(watched, definition()["StartAt"], JOB, {}, context)
        except ExecutionError as error:
            if self.entered[-1] != "Failed":
                raise
            self.error = error.error
        return self.entered[-1]

    def sleep(self, seconds: float, *_: Any) -> None:
        """Pass the time of a Wait, or of the pause before another attempt."""
        if self.entered[-1] == "Pause":
            self.waits.append(seconds)
            self.meanwhile(self)

    def cancel(self) -> None:
        """Do what the API does for a member who cancels."""
        if self.report["status"] == "RUNNING":
            self.report |= {"status": "CANCELLED", "reason": "CANCELLED_BY_MEMBER"}

    def call(self, resource: str, given: Json) -> Any:
        """Do what a Task asks for, in the way that the hook says.

        `well`; `before` and `after`: an error that may pass, before or after the effect; `fault`: one that
        does not; `timeout`: no answer, after the effect.
        """
        way = self.hook(self.entered[-1])
        service = "Athena" if "athena" in resource else "DynamoDB"
        passing = f"{service}.SdkClientException"
        if way == "before":
            raise ExecutionError(passing, "")
        if way == "fault":
            raise ExecutionError(f"{service}.InvalidRequestException", "")
        answer = self._do(resource.rpartition(":::")[2], given)
        if way in {"after", "timeout"}:
            raise ExecutionError(passing if way == "after" else "States.Timeout", "")
        return answer

    def _do(self, action: str, given: Json) -> Any:
        match action:
            case "aws-sdk:athena:getNamedQuery":
                assert given == {"NamedQueryId": "saved-query"}
                return {"NamedQuery": {"QueryString": QUERY, "Database": "archive"}}
            case "aws-sdk:athena:startQueryExecution":
                self.started[given["ClientRequestToken"]] = given
                return {"QueryExecutionId": "query"}
            case "aws-sdk:athena:getQueryExecution":
                assert given == {"QueryExecutionId": "query"}
                self.asked += 1
                state = self.told[min(self.asked, len(self.told)) - 1]
                if self.stopped and state in {"QUEUED", "RUNNING"}:
                    state = "CANCELLED"
                status: Json = {
                    "Status": {"State": state},
                    "ResultConfiguration": {"OutputLocation": "s3://b/k"},
                }
                return {
                    "QueryExecution": status
                    | ({"Statistics": {"DataScannedInBytes": 7}} if self.asked > 1 else {})
                }
            case "aws-sdk:athena:stopQueryExecution":
                assert given == {"QueryExecutionId": "query"}
                self.stopped += 1
                return {}
            case "dynamodb:updateItem":
                return self._update(given)
        raise AssertionError(action)

    def _update(self, given: Json) -> Json:
        assert given["Key"] == {name: {"S": JOB[name]} for name in ("member_id", "report_id")}
        assert given["ConditionExpression"] == "#status = :running"
        if self.report["status"] != "RUNNING":
            raise ExecutionError("DynamoDB.ConditionalCheckFailedException", "")
        values = {
            name: next(iter(value.values())) for name, value in given["ExpressionAttributeValues"].items()
        }
        for change in given["UpdateExpression"].removeprefix("SET ").split(", "):
            name, _, value = change.partition(" = ")
            self.report[name.replace("#status", "status")] = values[value]
        return {}
