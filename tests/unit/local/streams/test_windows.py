"""Tumbling windows."""

from __future__ import annotations

from local.engine.streams.answers import Attempt, Outcome, Verdict
from local.engine.streams.decisions import Batch, Discard
from local.engine.streams.settings import Settings
from local.engine.streams.shard import Shard
from local.engine.streams.windows import STATE_LIMIT, Window
from tests.unit.local.streams.fakes import entry

SETTINGS = Settings(window=60)
MOMENT = 1_595_872_839.0


def shard_with(*times: float) -> Shard:
    shard = Shard(-1)
    shard.offer([entry(index, arrived=time) for index, time in enumerate(times)], lambda _: True, MOMENT)
    return shard


def succeed(shard: Shard, state: dict[str, object], now: float = MOMENT, **how: bool) -> Batch:
    (work,) = shard.take(SETTINGS, now, **{"at_tip": True, "ended": False, **how})
    assert isinstance(work.item, Batch)
    shard.finish(work, Outcome(Verdict.SUCCESS, state=state), SETTINGS, now, 0)
    return work.item


def test_the_event_tells_the_window_its_state_and_its_shard() -> None:
    window = Window.of(entry(1, arrived=MOMENT), 60)

    event = window.with_batch((), {"sum": 3}).event("shardId-000000000000", "arn:stream", final=True)

    assert event == {
        "window": {"start": "2020-07-27T18:00:00Z", "end": "2020-07-27T18:01:00Z"},
        "state": {"sum": 3},
        "shardId": "shardId-000000000000",
        "eventSourceARN": "arn:stream",
        "isFinalInvokeForWindow": True,
        "isWindowTerminatedEarly": False,
    }


def test_the_state_goes_on_to_the_next_batch_of_the_window() -> None:
    shard = shard_with(MOMENT)
    succeed(shard, {"sum": 1})
    shard.offer([entry(7, arrived=MOMENT + 1)], lambda _: True, MOMENT)

    (work,) = shard.take(SETTINGS, MOMENT, at_tip=True, ended=False)

    assert work.window is not None
    assert work.window.state == {"sum": 1}


def test_a_later_record_closes_the_window_and_the_next_one_starts_empty() -> None:
    shard = shard_with(MOMENT, MOMENT + 60)

    first, last = succeed(shard, {"sum": 1}), succeed(shard, {})
    (following,) = shard.take(SETTINGS, MOMENT, at_tip=True, ended=False)

    assert (first.final, last.final) == (False, True)
    assert following.window is not None
    assert following.window.state == {}


def test_a_silent_window_is_closed_by_the_clock_and_not_before() -> None:
    shard = shard_with(MOMENT)
    succeed(shard, {})

    assert shard.take(SETTINGS, MOMENT + 20, at_tip=True, ended=False) == []
    assert shard.take(SETTINGS, MOMENT + 61, at_tip=False, ended=False) == []
    assert succeed(shard, {}, now=MOMENT + 61).final


def test_the_end_of_a_shard_closes_its_window() -> None:
    shard = shard_with(MOMENT)
    succeed(shard, {})

    assert succeed(shard, {}, ended=True).final
    assert shard.drained


def test_a_state_over_a_megabyte_ends_the_window_early() -> None:
    shard = shard_with(MOMENT)
    succeed(shard, {"text": "x" * STATE_LIMIT})

    (work,) = shard.take(SETTINGS, MOMENT, at_tip=True, ended=False)

    assert work.window is not None
    assert work.window.event("s", "a", final=True)["isWindowTerminatedEarly"] is True


def test_a_window_whose_last_call_is_given_up_is_told_by_its_first_and_last_record() -> None:
    settings = Settings(window=60, retries=0)
    shard = shard_with(MOMENT, MOMENT + 1, MOMENT + 2)
    succeed(shard, {})
    (last,) = shard.take(settings, MOMENT, at_tip=True, ended=True)
    failure = Outcome(Verdict.FAILURE, attempt=Attempt("request-1", "$LATEST", "Unhandled"))
    shard.finish(last, failure, settings, MOMENT, 0)

    (lost,) = shard.take(settings, MOMENT, at_tip=True, ended=True)

    assert isinstance(lost.item, Discard)
    assert [each.position for each in lost.item.entries] == [0, 2]
    assert lost.item.count == 3
