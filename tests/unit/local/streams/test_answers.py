"""What a function's response means for its batch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine.streams.answers import Outcome, Verdict, judge
from tests.unit.local.streams.fakes import FAILED, THROTTLED, answered, entries

BATCH = entries(5)


def report(*failures: Any) -> Outcome:
    return judge(answered({"batchItemFailures": list(failures)}), BATCH, report=True)


def test_retries_begin_at_the_lowest_reported_record() -> None:
    outcome = report({"itemIdentifier": "3"}, {"itemIdentifier": "1"}, {"itemIdentifier": "4"})

    assert (outcome.verdict, outcome.first_failed) == (Verdict.PARTIAL, 1)


@pytest.mark.parametrize("body", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}])
def test_an_empty_report_is_a_complete_success(body: Any) -> None:
    assert judge(answered(body), BATCH, report=True).verdict is Verdict.SUCCESS


@pytest.mark.parametrize(
    "failure",
    [
        {"itemIdentifier": ""},
        {"itemIdentifier": None},
        {"identifier": "1"},
        {"itemIdentifier": 1},
        {"itemIdentifier": "99"},
        "1",
    ],
    ids=["empty", "null", "other key", "number", "not of the batch", "no object"],
)
def test_a_report_that_cannot_be_read_fails_the_whole_batch(failure: Any) -> None:
    assert report({"itemIdentifier": "3"}, failure).verdict is Verdict.FAILURE


@pytest.mark.parametrize("body", ["done", 7, ["1"], {"batchItemFailures": "1"}])
def test_a_response_that_is_no_report_fails_the_whole_batch(body: Any) -> None:
    assert judge(answered(body), BATCH, report=True).verdict is Verdict.FAILURE


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda of: st.lists(of) | st.dictionaries(st.text(), of)
    )
)
def test_without_report_batch_item_failures_any_response_is_a_success(body: Any) -> None:
    assert judge(answered(body), BATCH, report=False).verdict is Verdict.SUCCESS


def test_an_error_fails_the_batch_and_is_told_with_its_request() -> None:
    outcome = judge(FAILED, BATCH, report=True)

    assert outcome.verdict is Verdict.FAILURE
    assert outcome.attempt is not None
    assert (outcome.attempt.request_id, outcome.attempt.error) == ("request-1", "Unhandled")


def test_a_throttled_batch_did_not_run() -> None:
    assert judge(THROTTLED, BATCH, report=True).verdict is Verdict.NOT_RUN


def test_in_a_window_a_response_without_state_is_a_failure() -> None:
    assert judge(answered({}), BATCH, report=False, windowed=True).verdict is Verdict.FAILURE


def test_the_last_call_of_a_window_needs_no_state() -> None:
    assert judge(answered(), (), report=True, windowed=True, final=True).verdict is Verdict.SUCCESS
