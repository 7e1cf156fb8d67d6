"""A redrive from its beginning to its end, and what staff see of it."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import msgspec
import pytest

from operations import redrives as module
from operations.moving import Round
from operations.queues import KINDS, Queue, QueueNotFound, Queues
from operations.redrives import Job, NeverRedriven, Redrive, Redrives, one_round
from tests import templates
from tests.unit.operations.fakes import FakeRedrives, FakeWorkflow
from tests.unit.templates.test_contracts import CONTRACTS, assert_fits

LONG_AGO = "2026-01-01T00:00:00.000Z"


@pytest.fixture
def table() -> FakeRedrives:
    return FakeRedrives()


@pytest.fixture
def redrives(table: FakeRedrives) -> Redrives:
    return Redrives(table)  # type: ignore[arg-type]  # a fake


def begin(redrives: Redrives, workflow: FakeWorkflow) -> Redrive:
    return redrives.begin("DeadEndQueue", "staff-sub", workflow)  # type: ignore[arg-type]  # a fake


def test_asking_again_while_it_runs_is_the_same_redrive(redrives: Redrives) -> None:
    workflow = FakeWorkflow()

    first, second = begin(redrives, workflow), begin(redrives, workflow)

    assert first == second
    assert list(workflow.started) == [first.redrive_id]


def test_one_that_was_written_and_never_started_is_started_by_the_next_try(redrives: Redrives) -> None:
    workflow = FakeWorkflow()
    workflow.dies = True
    with pytest.raises(RuntimeError):
        begin(redrives, workflow)
    workflow.dies = False

    again = begin(redrives, workflow)

    assert workflow.started == {again.redrive_id: Job("DeadEndQueue", again.redrive_id)}


def test_after_its_end_there_is_another_one(redrives: Redrives) -> None:
    workflow = FakeWorkflow()
    first = begin(redrives, workflow)
    redrives.note(Job(first.queue, first.redrive_id), Round(), last=True)

    assert begin(redrives, workflow).redrive_id != first.redrive_id


def test_one_that_ran_for_longer_than_it_can_has_failed_and_is_in_nobodys_way(
    redrives: Redrives, table: FakeRedrives
) -> None:
    first = begin(redrives, FakeWorkflow())
    table.items["DeadEndQueue"]["started_at"] = LONG_AGO

    assert redrives.get("DeadEndQueue").status == "FAILED"
    assert begin(redrives, FakeWorkflow()).redrive_id != first.redrive_id


def test_rounds_add_up_and_the_last_one_ends_it(redrives: Redrives) -> None:
    redrive = begin(redrives, FakeWorkflow())
    job = Job(redrive.queue, redrive.redrive_id)

    redrives.note(job, Round(Counter({"start_saga": 3}), whole=False), last=False)
    going = redrives.get("DeadEndQueue")
    redrives.note(job, Round(Counter({"start_saga": 1}), Counter({"it is gone": 2})), last=True)
    done = redrives.get("DeadEndQueue")

    assert (going.status, going.moved, going.stay) == ("RUNNING", 3, 0)
    assert (done.status, done.moved, done.stay, done.reasons) == ("DONE", 4, 2, ("it is gone",))
    assert done.ended_at


def test_a_late_round_of_a_redrive_before_changes_nothing(redrives: Redrives) -> None:
    first = begin(redrives, FakeWorkflow())
    redrives.note(Job(first.queue, first.redrive_id), Round(), last=True)
    begin(redrives, FakeWorkflow())

    redrives.note(Job(first.queue, first.redrive_id), Round(Counter({"x": 9})), last=True)

    assert redrives.get("DeadEndQueue").status == "RUNNING"
    assert redrives.get("DeadEndQueue").moved == 0


def test_a_queue_that_was_never_redriven_says_so(redrives: Redrives) -> None:
    with pytest.raises(NeverRedriven):
        redrives.get("DeadEndQueue")


@pytest.mark.parametrize(
    ("done", "more"),
    [
        (Round(), False),
        (Round(Counter({"x": 1}), whole=False), True),
        (Round(Counter({"x": 1}), Counter({"no": 1}), whole=False), False),
    ],
    ids=["all was looked at", "time was up", "something stays"],
)
def test_it_goes_on_as_long_as_there_is_more_and_nothing_stays(
    redrives: Redrives, monkeypatch: pytest.MonkeyPatch, done: Round, *, more: bool
) -> None:
    redrive, asked = begin(redrives, FakeWorkflow()), time.time()
    bounds: dict[str, Any] = {}

    def moved(*_: Any, **given: Any) -> Round:
        bounds.update(given)
        return done

    monkeypatch.setattr(module, "move_all", moved)

    assert one_round({}, "url", redrives, Job(redrive.queue, redrive.redrive_id)) is more
    assert redrives.get("DeadEndQueue").status == ("RUNNING" if more else "DONE")
    assert bounds["sent_before"] == pytest.approx(asked, abs=60)
    assert bounds["until"] < time.monotonic() + 11


def test_every_dead_letter_queue_of_the_templates_is_known_and_no_other() -> None:
    found = {
        resource.id
        for resource in templates.resources("AWS::SQS::Queue")
        if "RedrivePolicy" not in resource.properties
    }

    assert set(KINDS) == found


def test_each_is_told_with_its_service() -> None:
    places = {resource.id: resource.service for resource in templates.resources("AWS::SQS::Queue")}

    assert {name: kind.service for name, kind in KINDS.items()} == {name: places[name] for name in KINDS}


class World(dict[str, Any]):
    """SQS and CloudWatch of an account with two queues."""

    def __init__(self) -> None:
        super().__init__(sqs=self, cloudwatch=self)
        self.depths = {"a": 3, "b": 0}
        self.asked: list[str] = []

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's
        self.asked.append(QueueName)
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, QueueUrl: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's
        depth = str(self.depths[QueueUrl])
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": depth,
                "ApproximateNumberOfMessagesNotVisible": "0",
            }
        }

    def get_metric_data(self, MetricDataQueries: list[Any], **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's
        return {"MetricDataResults": [{"Id": row["Id"], "Values": [90.0, 30.0]} for row in MetricDataQueries]}


def test_a_queue_is_told_with_its_depth_and_age_and_an_empty_one_has_none() -> None:
    world = World()
    queues = Queues({"DeadEndQueue": "arn:aws:sqs:x:1:a", "UnindexedQueue": "arn:aws:sqs:x:1:b"}, world)

    first, second = queues.look({})
    queues.look({})

    assert (first.name, first.depth, first.oldest_seconds) == ("DeadEndQueue", 3, 90)
    assert (second.name, second.depth, second.oldest_seconds) == ("UnindexedQueue", 0, None)
    assert world.asked == ["a", "b"]


def test_a_queue_whose_service_was_left_out_is_not_there() -> None:
    queues = Queues({"FailureQueue": ""}, World())

    assert queues.look({}) == []
    with pytest.raises(QueueNotFound):
        queues.url("FailureQueue")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (Redrive("1", "q", "DONE", LONG_AGO, 3, 1, ("a",), ("b",), LONG_AGO), "Redrive"),
        (Queue("q", "orders", "t", "h", 3, 1, 90, Redrive("1", "q", "RUNNING", LONG_AGO)), "Queue"),
    ],
)
def test_what_is_answered_fits_the_contract_and_has_its_fields(body: msgspec.Struct, name: str) -> None:
    assert_fits(msgspec.json.encode(body), "operations", name)
    schemas = CONTRACTS["operations"]["components"]["schemas"]
    assert set(body.__struct_fields__) == set(schemas[name]["properties"])
