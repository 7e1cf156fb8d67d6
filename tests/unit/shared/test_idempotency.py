from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared import idempotency
from shared.idempotency import KeyReused, claim, fingerprint
from shared.items import Item
from shared.tables import Table
from tests.unit.orders.fakes import FakeTable


class Body(msgspec.Struct, frozen=True):
    name: str
    amount: int
    tags: list[str] = []


def fake() -> tuple[Table, FakeTable]:
    table = FakeTable("id")
    return cast("Table", table), table


@contextmanager
def clock(seconds: float) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: seconds)
        yield


def test_a_first_try_gets_its_own_outcome_with_one_write() -> None:
    table, fakes = fake()

    assert claim(table, "m#op#k", "hash", {"id": "1"}) == {"id": "1"}
    assert fakes.calls == ["PutItem"]


def test_a_retry_gets_the_first_outcome_with_one_write() -> None:
    table, fakes = fake()
    claim(table, "m#op#k", "hash", {"id": "1"})
    fakes.calls.clear()

    assert claim(table, "m#op#k", "hash", {"id": "2"}) == {"id": "1"}
    assert fakes.calls == ["PutItem"]


def test_the_same_key_with_another_body_is_refused_and_changes_nothing() -> None:
    table, fakes = fake()
    claim(table, "m#op#k", "hash", {"id": "1"})
    before = dict(fakes.items)

    with pytest.raises(KeyReused) as raised:
        claim(table, "m#op#k", "other", {"id": "2"})

    assert raised.value.status == 422
    assert [error.field for error in raised.value.errors] == ["Idempotency-Key"]
    assert fakes.items == before


def test_a_record_says_in_seconds_when_dynamodb_may_delete_it() -> None:
    table, fakes = fake()

    with clock(1_000.9):
        claim(table, "m#op#k", "hash", {"id": "1"}, window=60)

    assert fakes.items["m#op#k",]["expires_at"] == 1_060


@pytest.mark.parametrize(("later", "expected"), [(59, "1"), (60, "2"), (10_000, "2")])
def test_a_key_is_free_again_when_its_window_is_over_even_if_it_was_not_deleted(
    later: int, expected: str
) -> None:
    table, _ = fake()
    with clock(1_000):
        claim(table, "m#op#k", "hash", {"id": "1"}, window=60)

    with clock(1_000 + later):
        assert claim(table, "m#op#k", "hash", {"id": "2"}, window=60) == {"id": expected}


class Requests(RuleBasedStateMachine):
    """Any order of tries, keys, bodies and times, against a plain model of what is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.fakes = fake()
        self.now = 1_000
        self.remembered: dict[str, tuple[str, Item, int]] = {}
        self.made = 0

    @rule(seconds=st.integers(0, 100))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(key=st.sampled_from("abc"), body_hash=st.sampled_from("xy"))
    def someone_tries(self, key: str, body_hash: str) -> None:
        self.made += 1
        own: Item = {"id": str(self.made)}
        known = self.remembered.get(key)
        if known is None or known[2] <= self.now:
            known = self.remembered[key] = (body_hash, own, self.now + 60)
        with clock(self.now):
            if known[0] == body_hash:
                assert claim(self.table, key, body_hash, own, window=60) == known[1]
            else:
                with pytest.raises(KeyReused):
                    claim(self.table, key, body_hash, own, window=60)

    @rule()
    def dynamodb_sweeps(self) -> None:
        expired = [key for key, item in self.fakes.items.items() if item["expires_at"] <= self.now]
        for key in expired:
            del self.fakes.items[key]

    @invariant()
    def every_try_is_one_write(self) -> None:
        assert len(self.fakes.calls) == self.made


TestRequests = Requests.TestCase


bodies = st.builds(Body, st.text(), st.integers(-(2**63), 2**63 - 1), st.lists(st.text()))


@given(bodies, st.sampled_from([None, 0, 4]), st.booleans(), st.randoms())
def test_a_body_means_the_same_however_it_is_spelt(
    body: Body, indent: int | None, ascii_only: bool, random: st.DataObject
) -> None:
    fields = list(msgspec.to_builtins(body).items())
    random.shuffle(fields)  # type: ignore[attr-defined]
    spelt = json.dumps(dict(fields), indent=indent, ensure_ascii=ascii_only)

    assert fingerprint(msgspec.json.decode(spelt, type=Body)) == fingerprint(body)


@given(bodies, bodies)
def test_bodies_that_mean_something_else_have_another_fingerprint(one: Body, other: Body) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (one == other)


def test_a_default_that_is_spelt_out_means_the_same() -> None:
    short = msgspec.json.decode(b'{"name": "tea", "amount": 1}', type=Body)
    long = msgspec.json.decode(b'{"name": "tea", "amount": 1, "tags": []}', type=Body)

    assert fingerprint(short) == fingerprint(long)


def test_a_key_is_remembered_for_a_day() -> None:
    assert idempotency.WINDOW == 86_400
