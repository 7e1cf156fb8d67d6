"""What follows from an outcome."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from local.engine.streams.answers import Attempt, Outcome, Verdict
from local.engine.streams.decisions import (
    RETRIES_EXHAUSTED,
    TOO_OLD,
    Batch,
    Discard,
    decide,
    expire,
)
from local.engine.streams.settings import Settings
from tests.unit.local.streams.fakes import entries, entry

ATTEMPT = Attempt("request-1", "$LATEST", "Unhandled")
FAILURE = Outcome(Verdict.FAILURE, attempt=ATTEMPT)


def reported(index: int) -> Outcome:
    return Outcome(Verdict.PARTIAL, first_failed=index, attempt=ATTEMPT)


def test_a_failed_batch_is_sent_again_whole() -> None:
    decision = decide(Batch(entries(4)), FAILURE, Settings())

    assert decision.then == (Batch(entries(4), failures=1, invocations=1, attempt=ATTEMPT),)
    assert decision.pause


def test_a_batch_is_sent_once_more_than_its_retries_and_then_given_up() -> None:
    settings, batch, sent = Settings(retries=2), Batch(entries(3)), 0

    while isinstance(batch, Batch):
        sent += 1
        (batch,) = decide(batch, FAILURE, settings).then  # type: ignore[assignment]

    assert sent == 3
    assert batch == Discard(entries(3), 3, RETRIES_EXHAUSTED, 3, ATTEMPT)


def test_without_a_limit_a_batch_is_never_given_up() -> None:
    (after,) = decide(Batch(entries(1), failures=10_000), FAILURE, Settings(retries=-1)).then

    assert isinstance(after, Batch)


def test_a_failed_batch_is_halved_and_that_is_no_retry() -> None:
    settings = Settings(bisect=True, retries=0)

    decision = decide(Batch(entries(5)), FAILURE, settings)

    first, second = decision.then
    assert (first.entries, second.entries) == (entries(5)[:2], entries(5)[2:])
    assert isinstance(first, Batch)
    assert first.failures == 0


def test_a_single_record_cannot_be_halved_and_uses_its_retries() -> None:
    (given_up,) = decide(Batch(entries(1)), FAILURE, Settings(bisect=True, retries=0)).then

    assert isinstance(given_up, Discard)


def test_what_stands_before_the_reported_record_is_done() -> None:
    decision = decide(Batch(entries(5)), reported(2), Settings(report=True))

    assert decision.done == entries(5)[:2]
    assert [item.entries for item in decision.then] == [entries(5)[2:]]


def test_with_bisecting_a_reported_batch_is_split_at_the_report_and_that_is_no_retry() -> None:
    (rest,) = decide(Batch(entries(5)), reported(2), Settings(report=True, bisect=True, retries=0)).then

    assert isinstance(rest, Batch)
    assert (rest.entries, rest.failures) == (entries(5)[2:], 0)


def test_a_throttled_batch_waits_and_is_no_retry() -> None:
    decision = decide(Batch(entries(5)), Outcome(Verdict.NOT_RUN), Settings(retries=0, bisect=True))

    assert decision.then == (Batch(entries(5)),)
    assert decision.pause


def test_records_over_the_age_limit_are_given_up_before_they_are_sent() -> None:
    batch = Batch((entry(1, arrived=10), entry(2, arrived=39), entry(3, arrived=40)))

    given_up, fresh = expire(batch, Settings(age=60), now=100)

    assert given_up == Discard(batch.entries[:2], 2, TOO_OLD, 0, None)
    assert fresh.entries == batch.entries[2:]


def test_without_an_age_limit_nothing_is_too_old() -> None:
    batch = Batch((entry(1, arrived=0),))

    assert expire(batch, Settings(age=-1), now=1e9) == (batch,)


@given(
    batch=st.builds(Batch, st.integers(1, 20).map(entries), st.integers(0, 5)),
    verdict=st.sampled_from(Verdict),
    cut=st.integers(0, 19),
    settings=st.builds(Settings, bisect=st.booleans(), retries=st.integers(-1, 5)),
)
def test_every_decision_keeps_each_record_once_and_in_order(
    batch: Batch, verdict: Verdict, cut: int, settings: Settings
) -> None:
    outcome = Outcome(verdict, first_failed=min(cut, len(batch.entries) - 1), attempt=ATTEMPT)

    decision = decide(batch, outcome, settings)

    kept = decision.done + tuple(each for item in decision.then for each in item.entries)
    assert kept == batch.entries
