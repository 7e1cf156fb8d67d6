"""The handler reads its settings, tells Lambda what is left, and what it counted."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from shared.faults import Transient
from shared.observability import logger
from stream.counting import Taken
from tests.unit.functions import Context, load, sample_event

ENVIRONMENT = {
    "TRENDS_TABLE": "trends",
    "FAILURE_BUCKET": "failures",
    "WINDOW_SECONDS": "60",
    "LATE_SECONDS": "86400",
    "EARLY_SECONDS": "300",
    "KEEP_DAYS": "30",
}


@dataclass(frozen=True)
class TimedContext(Context):
    left: int = 28_000

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("stream", "aggregate_trends", monkeypatch, ENVIRONMENT)


class Told:
    """An aggregator that answers as it is told."""

    def __init__(self, taken: Taken) -> None:
        self.taken = taken
        self.may_go_on: list[bool] = []

    def take(self, records: list[Any], may_go_on: Any) -> Taken:
        assert records
        self.may_go_on.append(may_go_on())
        return self.taken


def test_a_batch_that_is_done_leaves_nothing(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "aggregator", told := Told(Taken(1, 0, Counter(), None, None)))

    answer = app.handler(sample_event("stream", "aggregate_trends"), TimedContext())

    assert answer == {"batchItemFailures": []}
    assert told.may_go_on == [True]


def test_what_is_left_is_named_and_logged_without_the_posts(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    taken = Taken(3, 2, Counter(NOT_JSON=4), "4967", Transient("busy"))
    monkeypatch.setattr(app, "aggregator", told := Told(taken))

    answer = app.handler(sample_event("stream", "aggregate_trends"), TimedContext(left=1_000))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "4967"}]}
    assert told.may_go_on == [False]
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["records rejected", "batch not done"]
    assert lines[0]["reasons"] == {"NOT_JSON": 4}
    assert (lines[1]["pending"], lines[1]["fault"]) == ("4967", "Transient")
    emitted = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {name: emitted[name] for name in ("PostsCounted", "DuplicatePosts", "RejectedRecords")} == {
        "PostsCounted": [3.0],
        "DuplicatePosts": [2.0],
        "RejectedRecords": [4.0],
    }
