"""The state machine of reports: what holds of every state, and its ways through every fault."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local import pictures
from stream.reports import LOST_SECONDS
from tests.unit.functions import ROOT
from tests.unit.stream.report.definition import PATH, definition, longest, states, tasks
from tests.unit.stream.report.world import JOB, QUERY, World

PAGE = (ROOT / "docs/services/reports.md").read_text()
POLL = ["Pause", "CheckQuery", "NoteProgress", "Decide"]
MOST_POLLS = 24
every_task = pytest.mark.parametrize(("name", "state"), tasks().items(), ids=tasks())


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@every_task
def test_a_task_has_a_timeout_jittered_retries_and_a_catch_of_everything(name: str, state: Any) -> None:
    assert state["TimeoutSeconds"] > 0, name
    (retry,) = state["Retry"]
    assert retry["JitterStrategy"] == "FULL"
    assert retry["MaxAttempts"] >= 2
    assert not {"States.ALL", "States.TaskFailed"} & set(retry["ErrorEquals"])
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_the_worst_case_adds_up_and_fits_the_machines_timeout(world: World) -> None:
    text = PATH.read_text()
    told = {name: int(seconds) for name, seconds in re.findall(r"(\w+) (\d+)(?= [+=]| {2,}=)", text)}
    (whole,) = map(int, re.findall(r"all of it\s+= (\d+)", text))
    world.told = ["RUNNING"]
    world.run()

    longest_of = {name: longest(state) for name, state in tasks().items()}
    assert longest_of == {name: told[name] for name in longest_of}
    poll = longest_of["CheckQuery"] + longest_of["NoteProgress"]
    ends = sum(longest_of[name] for name in ("ReadQuery", "StartQuery", "StopQuery", "Close"))
    assert whole == ends + MOST_POLLS * poll + sum(world.waits)
    assert whole < definition()["TimeoutSeconds"] <= LOST_SECONDS
    assert f"{whole} s" in PAGE


def test_the_picture_is_that_of_the_definition() -> None:
    assert pictures.drawing(definition()) in PAGE


def test_nothing_waits_for_the_query_but_the_state_machine() -> None:
    assert {state["Type"] for state in states().values()} == {"Task", "Wait", "Choice", "Succeed", "Fail"}
    assert not [
        state for state in tasks().values() if ".sync" in state["Resource"] or "lambda" in state["Resource"]
    ]


def test_a_query_is_started_asked_for_and_its_result_told(world: World) -> None:
    assert world.run() == "Succeeded"

    (request,) = world.started.values()
    assert request["QueryString"] == QUERY
    assert request["ExecutionParameters"] == ["'2026-11-01'", "'2026-11-07'"]
    assert request["ClientRequestToken"] == JOB["report_id"]
    assert world.entered == ["ReadQuery", "StartQuery", *POLL * 3, "Close", "HowItEnded", "Succeeded"]
    assert world.waits == [1, 2, 4]
    assert world.report | {"ended_at": ""} == {
        "status": "SUCCEEDED",
        "reason": "",
        "polls": "3",
        "query_state": "SUCCEEDED",
        "scanned_bytes": "7",
        "result_location": "s3://b/k",
        "ended_at": "",
    }


def test_a_query_that_never_ends_is_stopped_after_a_bounded_number_of_polls(world: World) -> None:
    world.told = ["RUNNING"]

    assert world.run() == "Failed"

    assert (world.asked, world.stopped) == (MOST_POLLS, 1)
    assert world.waits == [1, 2, 4, 8, *[15] * 20]
    assert (world.report["status"], world.report["reason"], world.error) == (
        "FAILED",
        "TIMED_OUT",
        "TIMED_OUT",
    )


@pytest.mark.parametrize(("state", "reason"), [("FAILED", "QUERY_FAILED"), ("CANCELLED", "QUERY_STOPPED")])
def test_a_query_that_fails_makes_the_report_fail(world: World, state: str, reason: str) -> None:
    world.told = ["RUNNING", state]

    assert world.run() == "Failed"
    assert (world.report["status"], world.report["reason"]) == ("FAILED", reason)


@pytest.mark.parametrize("poll", [1, 2, 3])
def test_a_cancelled_report_stops_its_query_and_ends_well(world: World, poll: int) -> None:
    world.told = ["RUNNING"]
    world.meanwhile = lambda now: now.cancel() if len(now.waits) == poll else None

    assert world.run() == "Cancelled"

    assert world.stopped == 1
    assert world.asked == poll
    assert world.report["status"] == "CANCELLED"


@pytest.mark.parametrize("name", tasks())
def test_a_task_that_fails_for_good_leads_to_an_end(world: World, name: str) -> None:
    world.hook = lambda task: "fault" if task == name else "well"

    end = world.run()

    expected = {"ReadQuery": "FAULT", "StartQuery": "FAULT", "CheckQuery": "TIMED_OUT"}
    if name in expected:
        assert (end, world.report["status"], world.report["reason"]) == ("Failed", "FAILED", expected[name])
    elif name == "Close":
        assert (end, world.error, world.report["status"]) == ("Failed", "NOT_CLOSED", "RUNNING")
    else:
        assert (end, world.report["status"]) == ("Succeeded", "SUCCEEDED")


@pytest.mark.parametrize("name", sorted(set(tasks()) - {"StopQuery"}))
@pytest.mark.parametrize("way", ["before", "after", "timeout"])
def test_what_passes_is_tried_again(world: World, name: str, way: str) -> None:
    once = [name]
    world.hook = lambda task: way if task == name and once and once.pop() else "well"

    assert world.run() == "Succeeded"
    assert not once
    assert world.report["status"] == "SUCCEEDED"


WAYS = [*["well"] * 8, "before", "after", "timeout", "fault"]
ENDS = {"Succeeded": "SUCCEEDED", "Failed": "FAILED"}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_it_ends_in_time_and_the_report_with_it(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        said = data.draw(st.lists(st.sampled_from(["QUEUED", "RUNNING"]), max_size=26))
        last = data.draw(st.sampled_from(["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]))
        world = World(patch, told=[*said, last])
        world.hook = lambda name: data.draw(st.sampled_from(WAYS), label=name)
        at = data.draw(st.integers(0, 30), label="cancelled at")
        world.meanwhile = lambda now: now.cancel() if len(now.waits) == at else None

        end = world.run()

        assert len(world.waits) <= MOST_POLLS
        assert sum(world.waits) <= sum([1, 2, 4, 8, *[15] * 20])
        assert len(world.started) <= 1
        status = world.report["status"]
        if status == "RUNNING":  # who asks for it is told after half an hour that it is lost
            assert (end, world.error) == ("Failed", "NOT_CLOSED")
        elif status != "CANCELLED" and world.error != "NOT_CLOSED":
            assert ENDS[end] == status
        if end == "Cancelled":
            assert status == "CANCELLED"
        if status == "SUCCEEDED":
            assert world.report["result_location"] == "s3://b/k"
