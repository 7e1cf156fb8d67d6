"""One shard's work: nothing is lost, nothing repeated except by a retry, and order is kept."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from local.engine.streams.answers import Attempt, Outcome, Verdict
from local.engine.streams.decisions import Batch, Discard
from local.engine.streams.records import Entry
from local.engine.streams.settings import Settings
from local.engine.streams.shard import PAYLOAD_LIMIT, READ_AHEAD, Shard, Work
from tests.unit.local.streams.fakes import entries, entry

ATTEMPT = Attempt("request-1", "$LATEST", "Unhandled")
SUCCESS = Outcome(Verdict.SUCCESS, state={})
FAILURE = Outcome(Verdict.FAILURE, attempt=ATTEMPT)


def everything(_entry: Entry) -> bool:
    return True


def offered(records: tuple[Entry, ...], now: float = 0.0) -> Shard:
    shard = Shard(-1)
    shard.offer(records, everything, now)
    return shard


def take(shard: Shard, settings: Settings, now: float = 0.0, *, ended: bool = False) -> list[Work]:
    return shard.take(settings, now, at_tip=True, ended=ended)


def positions(work: Work) -> list[int]:
    return [each.position for each in work.item.entries]


def test_a_batch_has_at_most_batch_size_records() -> None:
    (work,) = take(offered(entries(7)), Settings(batch_size=5))

    assert positions(work) == [0, 1, 2, 3, 4]


def test_a_batch_waits_for_its_window_or_for_its_size() -> None:
    shard, settings = offered(entries(2)), Settings(batch_size=3, batch_window=10)

    assert take(shard, settings, now=9) == []
    assert shard.due(settings) == 10
    shard.offer((entry(2),), everything, 9)

    assert [positions(work) for work in take(shard, settings, now=9)] == [[0, 1, 2]]


def test_a_window_that_has_passed_sends_what_there_is() -> None:
    (work,) = take(offered(entries(2)), Settings(batch_size=3, batch_window=10), now=10)

    assert positions(work) == [0, 1]


def test_an_ended_shard_does_not_wait_for_more() -> None:
    (work,) = take(offered(entries(2)), Settings(batch_size=3, batch_window=10), ended=True)

    assert positions(work) == [0, 1]


def test_a_payload_over_six_megabytes_is_split() -> None:
    big = tuple(entry(position, size=PAYLOAD_LIMIT // 2 - 10) for position in range(3))

    (work,) = take(offered(big), Settings())

    assert positions(work) == [0, 1]


def test_records_that_are_not_wanted_move_the_checkpoint() -> None:
    shard = Shard(-1)

    shard.offer(entries(10), lambda each: each.position == 4, 0)

    assert shard.checkpoint == 3
    (work,) = take(shard, Settings())
    shard.finish(work, SUCCESS, Settings(), 0, 0)
    assert shard.checkpoint == 9
    assert shard.drained


def test_a_shard_is_not_read_further_than_it_can_hold() -> None:
    shard = offered(entries(READ_AHEAD))

    assert shard.room == 0


def test_keys_are_worked_on_side_by_side_and_a_failing_one_stops_no_other() -> None:
    settings, colours = Settings(factor=10, batch_size=1), ["red", "green", "blue", "white"]
    records = tuple(entry(position, key=colours[position % 4]) for position in range(8))
    shard = offered(records)

    first = take(shard, settings)
    for work in first:
        outcome = FAILURE if work.item.entries[0].key == "red" else SUCCESS
        shard.finish(work, outcome, settings, 0, 0)
    second = take(shard, settings, now=0)

    assert {work.item.entries[0].key for work in first} == set(colours)
    assert {work.item.entries[0].key for work in second} == {"green", "blue", "white"}


def test_pauses_between_retries_grow_up_to_a_bound() -> None:
    shard, settings, now, pauses = offered(entries(1)), Settings(), 0.0, []

    for _ in range(10):
        (work,) = take(shard, settings, now)
        shard.finish(work, FAILURE, settings, now, jitter=1.0)
        pauses.append((shard.due(settings) or 0) - now)
        now += pauses[-1]

    assert [round(pause, 1) for pause in pauses] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]


def test_jitter_takes_up_to_half_of_a_pause() -> None:
    shard, settings = offered(entries(1)), Settings()

    (work,) = take(shard, settings)
    shard.finish(work, FAILURE, settings, 0, jitter=0.0)

    assert shard.due(settings) == 0.05


def test_what_was_given_up_is_delivered_before_the_checkpoint_passes_it() -> None:
    shard, settings = offered(entries(2)), Settings(retries=0)
    (work,) = take(shard, settings)
    shard.finish(work, FAILURE, settings, 0, 0)

    (lost,) = take(shard, settings)

    assert isinstance(lost.item, Discard)
    assert shard.checkpoint == -1
    shard.settle(lost)
    assert shard.checkpoint == 1


def test_another_number_of_lanes_waits_for_what_runs_and_keeps_the_order() -> None:
    shard, one, three = offered(entries(4)), Settings(batch_size=1), Settings(batch_size=1, factor=3)
    (running,) = take(shard, one)

    assert take(shard, three) == []
    shard.finish(running, FAILURE, three, 0, 0)
    (again,) = take(shard, three)

    assert positions(again) == [0]


@dataclass
class Function:
    """A function under test: it remembers, and does as the plan says, then succeeds for ever."""

    settings: Settings
    plan: list[tuple[Verdict, int]]
    sent: list[Batch] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    closed: int = 0

    def outcome(self, batch: Batch) -> Outcome:
        self.sent.append(batch)
        assert not {each.position for each in batch.entries} & set(self.done), "sent after it was done"
        verdict, index = self.plan.pop() if self.plan else (Verdict.SUCCESS, 0)
        if verdict is Verdict.PARTIAL and (batch.final or not self.settings.report):
            verdict = Verdict.SUCCESS
        index = min(index, len(batch.entries) - 1)
        succeeded = {Verdict.SUCCESS: batch.entries, Verdict.PARTIAL: batch.entries[: max(index, 0)]}
        self.done += [each.position for each in succeeded.get(verdict, ())]
        self.closed += batch.final and verdict is Verdict.SUCCESS
        return Outcome(verdict, first_failed=max(index, 0), attempt=ATTEMPT, state={})


@dataclass
class Story:
    """What happened to a shard's records, from the first read to the last checkpoint."""

    function: Function
    lost: list[int]
    checkpoints: list[int]


def run(
    records: tuple[Entry, ...],
    settings: Settings,
    plan: list[tuple[Verdict, int]],
    chance: random.Random,
) -> Story:
    """Play a shard to its end: reads, results and deliveries come in an order that is left to chance."""
    shard, unread, under_way, now = Shard(-1), list(records), [], 0.0
    story = Story(Function(settings, plan), [], [])
    while unread or not shard.drained:
        count = chance.randrange(4)
        shard.offer(unread[:count], everything, now)
        del unread[:count]
        under_way += shard.take(settings, now, at_tip=not unread, ended=not unread)
        assert_lanes_are_apart(under_way)
        if under_way:
            finished = under_way.pop(chance.randrange(len(under_way)))
            if isinstance(finished.item, Discard):
                story.lost += [each.position for each in finished.item.entries if finished.item.count]
                shard.settle(finished)
            else:
                shard.finish(finished, story.function.outcome(finished.item), settings, now, 0.5)
        else:
            now = max(now + 0.1, shard.due(settings) or 0)
        story.checkpoints.append(shard.checkpoint)
    return story


def assert_lanes_are_apart(under_way: list[Work]) -> None:
    keys = [
        each.key for work in under_way for each in {each.key: each for each in work.item.entries}.values()
    ]
    assert len(keys) == len(set(keys)), "two invocations at once have records of one key"


RECORDS = st.lists(st.integers(0, 5), min_size=1, max_size=40).map(
    lambda keys: tuple(entry(position, key=f"key-{key}") for position, key in enumerate(keys))
)
SETTINGS = st.builds(
    Settings,
    batch_size=st.integers(1, 10),
    factor=st.integers(1, 5),
    retries=st.integers(-1, 3),
    bisect=st.booleans(),
    report=st.booleans(),
)
CHANCES = st.integers(0, 2**32).map(random.Random)
PLANS = st.lists(st.tuples(st.sampled_from(Verdict), st.integers(0, 9)), max_size=30)


@hypothesis_settings(max_examples=500, deadline=None)
@given(records=RECORDS, settings=SETTINGS, plan=PLANS, chance=CHANCES)
def test_whatever_happens_each_record_ends_once_and_in_order(
    records: tuple[Entry, ...], settings: Settings, plan: list[tuple[Verdict, int]], chance: random.Random
) -> None:
    story = run(records, settings, plan, chance)

    done, lost = story.function.done, story.lost
    assert sorted(done + lost) == [each.position for each in records], "lost, or done twice"
    assert story.checkpoints == sorted(story.checkpoints)
    assert story.checkpoints[-1] == records[-1].position
    if settings.retries < 0:
        assert lost == []
    for key in {each.key for each in records}:
        of_key = {each.position for each in records if each.key == key}
        assert [position for position in done if position in of_key] == sorted(of_key - set(lost))


@hypothesis_settings(max_examples=300, deadline=None)
@given(records=RECORDS, settings=SETTINGS, plan=PLANS, chance=CHANCES)
def test_a_batch_is_sent_in_order_within_its_limits_and_never_after_it_was_done(
    records: tuple[Entry, ...], settings: Settings, plan: list[tuple[Verdict, int]], chance: random.Random
) -> None:
    story = run(records, settings, plan, chance)

    for batch in story.function.sent:
        sent = [each.position for each in batch.entries]
        assert sent == sorted(set(sent))
        assert 1 <= len(sent) <= settings.batch_size
        assert settings.retries < 0 or batch.failures <= settings.retries
    for position in (each.position for each in records):
        assert any(position in {each.position for each in batch.entries} for batch in story.function.sent)


@hypothesis_settings(max_examples=300, deadline=None)
@given(
    times=st.lists(st.integers(0, 40), min_size=1, max_size=25).map(sorted),
    seconds=st.integers(1, 15),
    size=st.integers(1, 6),
    plan=PLANS,
    chance=CHANCES,
)
def test_a_tumbling_window_is_whole_in_order_and_has_one_last_call(
    times: list[int], seconds: int, size: int, plan: list[tuple[Verdict, int]], chance: random.Random
) -> None:
    records = tuple(entry(position, arrived=time) for position, time in enumerate(times))
    settings = Settings(window=seconds, batch_size=size, report=True)

    story = run(records, settings, plan, chance)

    assert sorted(story.function.done) == list(range(len(records)))
    assert story.function.closed == len({time // seconds for time in times})
    for batch in story.function.sent:
        assert len({int(each.arrived) // seconds for each in batch.entries}) <= 1
