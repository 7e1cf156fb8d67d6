"""Calls of AWS's services: what is asked, what is done once, and which failures are ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from shared.events import Bus
from shared.faults import Transient
from shared.parameters import secret
from shared.queues import Queue
from shared.schedules import Schedules
from shared.workflows import Tasks, Workflow


class Given(msgspec.Struct):
    """Something to hand over."""

    number: int


class Service:
    """A client that keeps what it was asked and answers, or raises, what it is told."""

    def __init__(self, answer: dict[str, Any] | ClientError) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def __getattr__(self, _: str) -> Any:
        def call(**asked: Any) -> Any:
            self.asked = asked
            if isinstance(self.answer, ClientError):
                raise self.answer
            return self.answer

        return call


def failure(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "StartExecution")


def test_an_execution_is_started_under_its_name() -> None:
    service = Service({})

    Workflow("an-arn", service).start("a-name", Given(1))

    assert (service.asked["stateMachineArn"], service.asked["name"]) == ("an-arn", "a-name")
    assert json.loads(service.asked["input"]) == {"number": 1}


def test_a_second_start_is_none() -> None:
    Workflow("an-arn", Service(failure("ExecutionAlreadyExists"))).start("a-name", Given(1))


def test_another_failure_to_start_is_one() -> None:
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        Workflow("an-arn", Service(failure("StateMachineDoesNotExist"))).start("a-name", Given(1))


def test_an_event_names_its_bus_source_and_type() -> None:
    service = Service({"FailedEntryCount": 0})

    Bus("a-bus", "a-source", service).publish("Happened", Given(1))

    (entry,) = service.asked["Entries"]
    assert json.loads(entry.pop("Detail")) == {"number": 1}
    assert entry == {"EventBusName": "a-bus", "Source": "a-source", "DetailType": "Happened"}


def test_an_event_that_is_not_taken_may_be_sent_again() -> None:
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}

    with pytest.raises(Transient, match="ThrottlingException"):
        Bus("a-bus", "a-source", Service(refused)).publish("Happened", Given(1))


def test_a_wait_is_ended_by_its_token() -> None:
    service = Service({})

    Tasks(service).end("a-token")

    assert service.asked == {"taskToken": "a-token", "output": "{}"}


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist"])
def test_a_wait_that_is_over_is_left_alone(code: str) -> None:
    Tasks(Service(failure(code))).end("a-token")


@pytest.mark.parametrize("code", ["InvalidToken", "AccessDeniedException", "ThrottlingException"])
def test_a_token_that_never_was_and_a_fault_are_told(code: str) -> None:
    with pytest.raises(ClientError, match=code):
        Tasks(Service(failure(code))).end("a-token")


def test_a_message_is_sent_with_its_delay() -> None:
    service = Service({})

    Queue("a-url", service).send(Given(1), 30)

    assert json.loads(service.asked.pop("MessageBody")) == {"number": 1}
    assert service.asked == {"QueueUrl": "a-url", "DelaySeconds": 30}


def test_a_schedule_sends_once_and_deletes_itself() -> None:
    service = Service({})

    Schedules("a-group", "a-queue", "dead", "a-role", service).at(
        datetime(2026, 11, 22, 6, 0, tzinfo=UTC), "a-name", Given(1)
    )

    asked = service.asked
    assert (asked["Name"], asked["GroupName"]) == ("a-name", "a-group")
    assert (asked["ScheduleExpression"], asked["ActionAfterCompletion"]) == (
        "at(2026-11-22T06:00:00)",
        "DELETE",
    )
    assert json.loads(asked["Target"]["Input"]) == {"number": 1}
    assert asked["Target"]["DeadLetterConfig"] == {"Arn": "dead"}


def test_a_schedule_of_a_name_that_is_there_is_the_same() -> None:
    moment = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    Schedules("a-group", "a-queue", "dead", "a-role", Service(failure("ConflictException"))).at(
        moment, "a-name", Given(1)
    )
    with pytest.raises(ClientError, match="ValidationException"):
        Schedules("a-group", "a-queue", "dead", "a-role", Service(failure("ValidationException"))).at(
            moment, "a-name", Given(1)
        )


def test_a_secret_parameter_is_read_decrypted() -> None:
    service = Service({"Parameter": {"Value": "s3cr3t"}})

    assert secret("/a/name", service) == "s3cr3t"
    assert service.asked == {"Name": "/a/name", "WithDecryption": True}
