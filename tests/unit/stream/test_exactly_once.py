"""Every post is counted exactly once, whatever becomes of the batches that it is in.

Lambda, two of it at once, producers and the table's limits are driven at random; a plain count says what is
right.
"""

from __future__ import annotations

from typing import Any, cast

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.faults import Transient
from shared.items import Refused, Update
from shared.tables import Table
from stream.counting import Aggregator, Taken
from stream.posts import Bounds
from stream.windows import Windows
from tests.unit.stream.fakes import FakeTrendsTable
from tests.unit.stream.shards import TEXTS, Failures, aggregated, counted, independent, post, record, told

BOUNDS = Bounds(late=7200, early=300)


class Died(Exception):  # noqa: N818 - what becomes of an environment
    """The environment is gone."""


class Unavailable(Transient):
    """As `shared.tables.Unavailable`."""


class Between:
    """The table as one environment sees it: others write between its reads and its writes, and calls fail."""

    name = "trends"

    def __init__(self, table: FakeTrendsTable) -> None:
        self.table = table
        self.before: list[Any] = []  # run once, before the next transaction
        self.fail: list[str] = []  # what becomes of the next transactions

    def get(self, *given: Any, **named: Any) -> Any:
        return self.table.get(*given, **named)

    def query(self, *given: Any, **named: Any) -> Any:
        return self.table.query(*given, **named)

    def update_all(self, updates: Any) -> Refused | None:
        changes: list[tuple[Any, Update]] = list(updates)
        while self.before:
            self.before.pop()()
        how = self.fail.pop() if self.fail else ""
        if how == "throttled":
            raise Unavailable(how)
        refused = self.table.update_all(changes)
        if how == "no answer":
            raise Unavailable(how)
        if how == "dies":
            raise Died
        return refused


class Environment:
    """A function's environment, warm as long as it lives."""

    def __init__(self, table: FakeTrendsTable, failures: Failures) -> None:
        self.between = Between(table)
        self.aggregator = Aggregator(
            cast("Table", self.between), failures, Windows(60), BOUNDS, keep=30 * 86400
        )


POISON = [
    b"",
    b"\xff\xfe",
    b"not JSON",
    b"{}",
    b'{"post_id": "p"',
    b"[" * 2000,
    b'{"post_id": 1, "text": []}',
]
FAULTS = st.lists(st.sampled_from(["", "throttled", "no answer", "dies"]), max_size=3)


@settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
class Delivery(RuleBasedStateMachine):
    """A stream of some shards, its consumers and its producers.

    What Lambda does is told by its documentation: a shard's records in order, from the first that is not
    done; a batch again after any failure, whole or from a record on or in halves; and now and then by two at
    once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.table = FakeTrendsTable(page=3)
        self.failures = Failures()
        self.environments = [Environment(self.table, self.failures) for _ in range(3)]
        self.shards: dict[int, list[dict[str, Any]]] = {0: [], 1: []}
        self.parents: dict[int, list[int]] = {0: [], 1: []}
        self.done: dict[int, int] = {0: 0, 1: 0}
        self.posts: dict[str, tuple[float, str]] = {}
        self.sent: dict[str, bytes] = {}
        self.poison: list[bytes] = []

    @initialize()
    def first(self) -> None:
        self.posts_come([(3, "#Sonne"), (61, "#meer #Meer")], shard=0, together=False)

    def open(self) -> list[int]:
        """Return the shards that are written to: those without children."""
        closed = {parent for parents in self.parents.values() for parent in parents}
        return [shard for shard in self.shards if shard not in closed]

    def readable(self) -> list[int]:
        """Return the shards with something to read, whose parents are read to their ends."""
        return [
            shard
            for shard, records in self.shards.items()
            if self.done[shard] < len(records)
            and all(self.done[parent] == len(self.shards[parent]) for parent in self.parents[shard])
        ]

    def put(self, shard: int, parts: list[bytes], together: bool) -> None:
        where = self.open()[shard % len(self.open())]
        if together:
            data = [aggregated([(f"key-{number}", part) for number, part in enumerate(parts)])]
        else:
            data = parts
        self.shards[where] += [record(each, where, arrived=4100) for each in data]

    @rule(
        posts=st.lists(st.tuples(st.integers(0, 4000), TEXTS), min_size=1, max_size=40),
        shard=st.integers(0, 9),
        together=st.booleans(),
    )
    def posts_come(self, posts: list[tuple[int, str]], shard: int, together: bool) -> None:
        parts = []
        for seconds, text in posts:
            post_id = f"post-{len(self.posts):05}"
            self.posts[post_id] = seconds, text
            self.sent[post_id] = post(post_id, seconds, text, author="somebody")
            parts.append(self.sent[post_id])
        self.put(shard, parts, together)

    @rule(data=st.data(), shard=st.integers(0, 9), together=st.booleans())
    def a_producer_sends_again(self, data: st.DataObject, shard: int, together: bool) -> None:
        again = data.draw(st.lists(st.sampled_from(sorted(self.sent)), min_size=1, max_size=10))
        self.put(shard, [self.sent[post_id] for post_id in again], together)

    @rule(
        poison=st.lists(st.sampled_from(POISON), min_size=1), shard=st.integers(0, 9), together=st.booleans()
    )
    def poison_comes(self, poison: list[bytes], shard: int, together: bool) -> None:
        self.poison += poison
        self.put(shard, poison, together)

    @rule(shard=st.integers(0, 9))
    def a_shard_is_split(self, shard: int) -> None:
        assume(len(self.shards) < 8)
        parent = self.open()[shard % len(self.open())]
        for child in range(len(self.shards), len(self.shards) + 2):
            self.shards[child], self.parents[child], self.done[child] = [], [parent], 0

    @rule()
    def two_shards_are_merged(self) -> None:
        assume(len(self.open()) > 1)
        child = len(self.shards)
        self.parents[child] = self.open()[:2]
        self.shards[child], self.done[child] = [], 0

    @rule(
        shard=st.integers(0, 9),
        size=st.integers(1, 30),
        environment=st.integers(0, 2),
        faults=FAULTS,
        zombie=st.none() | st.tuples(st.integers(0, 2), st.integers(-10, 10), st.integers(1, 30)),
        steps=st.integers(0, 3) | st.just(99),
    )
    def lambda_delivers(  # noqa: PLR0913, PLR0917 - all that can go wrong at once
        self,
        shard: int,
        size: int,
        environment: int,
        faults: list[str],
        zombie: tuple[int, int, int] | None,
        steps: int,
    ) -> None:
        assume(self.readable())
        number = self.readable()[shard % len(self.readable())]
        start = self.done[number]
        here = self.environments[environment]
        here.between.fail = list(faults)
        if zombie and zombie[0] != environment:
            other, shift, length = zombie
            begin = max(0, min(start + shift, start))  # an earlier try of what is being tried now

            def at_once() -> None:
                self.take(other, number, begin, length)

            here.between.before = [at_once]
        allowed = iter(range(steps))
        taken = self.take(environment, number, start, size, lambda: next(allowed, None) is not None)
        here.between.fail, here.between.before = [], []
        if taken is None:
            return  # Lambda tries the same batch again
        batch = self.shards[number][start : start + size]
        if taken.pending is None:
            self.done[number] = start + len(batch)
        else:
            sequences = [each["kinesis"]["sequenceNumber"] for each in batch]
            self.done[number] = start + sequences.index(taken.pending)

    def take(
        self, environment: int, shard: int, start: int, size: int, go_on: Any = lambda: True
    ) -> Taken | None:
        batch = self.shards[shard][start : start + size]
        if not batch:
            return None
        try:
            return self.environments[environment].aggregator.take(batch, go_on)
        except Died:
            self.environments[environment] = Environment(self.table, self.failures)
            return None

    @rule(
        shard=st.integers(0, 9),
        back=st.integers(1, 40),
        size=st.integers(1, 30),
        environment=st.integers(0, 2),
    )
    def an_old_batch_comes_again(self, shard: int, back: int, size: int, environment: int) -> None:
        number = sorted(self.shards)[shard % len(self.shards)]
        start = max(0, self.done[number] - back)
        self.take(environment, number, start, min(size, self.done[number] - start))

    @invariant()
    def nothing_is_counted_twice(self) -> None:
        right = independent(self.posts)
        for key, posts in counted(self.table).items():
            assert posts <= right.get(key, 0), key

    def teardown(self) -> None:
        while self.readable():
            for shard in self.readable():
                taken = self.take(0, shard, self.done[shard], 100)
                assert taken is not None
                assert taken.pending is None
                self.done[shard] = min(self.done[shard] + 100, len(self.shards[shard]))
        right = independent(self.posts)
        assert counted(self.table) == right
        assert told(self.table, {window for window, _ in right}) == right
        assert self.failures.data == set(self.poison)


TestDelivery = Delivery.TestCase
