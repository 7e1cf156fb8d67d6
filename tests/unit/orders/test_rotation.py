"""The provider's key: who is let in, and what holds however a rotation is repeated, interrupted and late."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orders.ports import KeyRefused
from orders.rotation import NotPending, rotate
from orders.sandbox import SandboxCarrier, SandboxPayments
from orders.sandbox_keys import Account, Changed, SandboxKeys
from shared import aws
from shared.faults import Transient
from shared.rotation import Task, Versions
from shared.secrets import KEPT_SECONDS, Secret
from shared.tables import Table
from tests.unit.functions import Context, load, sample_event
from tests.unit.orders.fakes import Crash, FakeTable
from tests.unit.secrets_manager import ARN, FakeSecretsManager

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
OVERLAP = 900
CALLS = {
    "manager": "describe_secret get_secret_value put_secret_value update_secret_version_stage",
    "table": "get put_if",
}


class World:
    """A secret, a provider and their time; any call of either may be the one that a function dies in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, overlap: int = OVERLAP) -> None:
        self.seconds = 1_000_000.0
        self.overlap = overlap
        self.manager = FakeSecretsManager()
        self.table = FakeTable("id")
        self.provider = SandboxKeys(cast("Table", self.table), lambda: self.seconds)
        monkeypatch.setattr(aws, "client", lambda _: self.manager)

    def account(self) -> Account:
        """Return the account as one environment has it, with its own idea of the key."""
        return Account(Secret(ARN, lambda: self.seconds), self.provider)

    def step(self, step: str, version: str) -> None:
        """Do one step."""
        task = Task(step, ARN, version)  # type: ignore[arg-type] # one of STEPS
        rotate(task, Versions(ARN), self.provider, self.overlap)

    def rotate(self) -> None:
        """Rotate from the first step to the last."""
        version = self.manager.begin()
        for step in STEPS:
            self.step(step, version)

    def keys(self) -> dict[str, int]:
        """Return the hashes of the keys that the provider knows, and until when."""
        kept: dict[str, int] = self.table.items[("keys",)]["keys"]
        return kept


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_the_first_rotation_opens_the_account_and_its_key_alone_lets_in(world: World) -> None:
    world.rotate()

    world.account().enter()
    assert world.manager.current() != "the first"
    assert not world.provider.accepts("the first")
    assert len(world.keys()) == 1


def test_a_key_has_256_bits_and_tells_what_it_is(world: World) -> None:
    world.rotate()

    prefix, key = world.manager.current()[:13], world.manager.current()[13:]
    assert (prefix, len(key)) == ("lens_sandbox_", 43)
    assert key not in str(world.table.items)


def test_the_key_before_is_taken_for_as_long_as_they_overlap_and_then_forgotten(world: World) -> None:
    world.rotate()
    before = world.manager.current()
    world.rotate()

    assert world.provider.accepts(before)
    world.seconds += OVERLAP - 1
    assert world.provider.accepts(before)
    world.seconds += 1
    assert not world.provider.accepts(before)
    world.rotate()
    assert len(world.keys()) == 2


def test_a_wrong_key_is_refused_and_nothing_is_done(world: World) -> None:
    world.rotate()
    world.manager.values[world.manager.labels["AWSCURRENT"]] = "a wrong one"
    table = FakeTable("id")
    payments = SandboxPayments(cast("Table", table), world.account())
    carrier = SandboxCarrier(cast("Table", table), world.account())

    with pytest.raises(KeyRefused, match="does not take the key"):
        payments.charge("order", "tok_ok", 100, "EUR")
    with pytest.raises(KeyRefused):
        payments.refund("order")
    with pytest.raises(KeyRefused):
        carrier.book("order", "ship_ok")
    with pytest.raises(KeyRefused):
        carrier.cancel("order")
    assert table.calls == []


@pytest.mark.parametrize("name", ["take_payment", "book_shipment", "refund_payment", "cancel_shipment"])
def test_a_function_presents_the_key_of_its_environment_and_none_without_one(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tables = {"orders": FakeTable("member_id", "order_id"), "provider": FakeTable("id"), "keys": world.table}
    monkeypatch.setattr("shared.tables.Table", tables.__getitem__)
    environment = {"ORDERS_TABLE": "orders", "PROVIDER_TABLE": "provider", "PROVIDER_KEYS_TABLE": "keys"}
    job = {**sample_event("orders", name), "payment_token": "tok_declined", "shipping_token": "unknown"}
    without = load("orders", name, monkeypatch, environment)
    with_key = load("orders", name, monkeypatch, {**environment, "PROVIDER_KEY": ARN})

    with pytest.raises(Transient, match="KeyRefused"):
        with_key.handler(job, Context())
    asked = world.manager.calls.copy()
    without.handler(job, Context())
    world.rotate()
    world.manager.calls.clear()
    with_key.handler(job, Context())

    assert asked == ["get_secret_value"] * 2
    assert world.manager.calls == ["get_secret_value"]


def test_a_key_that_was_rotated_meanwhile_is_read_again_once(world: World) -> None:
    world.rotate()
    account = world.account()
    account.enter()
    world.rotate()
    world.seconds += OVERLAP
    world.manager.calls.clear()

    account._key._until = world.seconds + KEPT_SECONDS  # it has not been kept for too long
    account.enter()

    assert world.manager.calls == ["get_secret_value"]


def test_a_key_nobody_vouches_for_is_not_registered_and_does_not_become_current(world: World) -> None:
    world.rotate()
    good = world.manager.current()
    world.manager.values[world.manager.labels["AWSCURRENT"]] = "spoiled"
    version = world.manager.begin()
    world.step("createSecret", version)
    world.manager.labels["AWSPREVIOUS"] = version  # and no previous one that helps

    for step in ("setSecret", "testSecret", "finishSecret"):
        with pytest.raises(KeyRefused):
            world.step(step, version)

    assert world.manager.current() == "spoiled"
    assert world.provider.accepts(good)


def test_the_previous_key_vouches_where_the_current_one_is_spoiled(world: World) -> None:
    world.rotate()
    world.rotate()
    world.manager.values[world.manager.labels["AWSCURRENT"]] = "spoiled"

    world.rotate()

    world.account().enter()


def test_steps_out_of_order_are_refused(world: World) -> None:
    world.rotate()
    before, version = world.manager.current(), world.manager.begin()

    for step in ("setSecret", "testSecret", "finishSecret"):
        with pytest.raises(NotPending, match="no value yet"):
            world.step(step, version)
    world.step("createSecret", version)
    with pytest.raises(KeyRefused):
        world.step("finishSecret", version)

    assert world.manager.current() == before


def test_a_version_of_another_rotation_is_refused(world: World) -> None:
    world.rotate()
    over = world.manager.labels["AWSCURRENT"]
    world.rotate()

    for version in (over, "nobody's"):
        with pytest.raises(NotPending, match="is not pending, in finishSecret"):
            world.step("finishSecret", version)


def test_of_two_changes_at_a_time_one_is_refused(world: World) -> None:
    world.rotate()
    item = world.provider._read()
    world.rotate()

    with pytest.raises(Changed):
        world.provider._write(item, {})

    world.account().enter()


def test_only_a_key_that_is_taken_retires_others(world: World) -> None:
    world.rotate()

    with pytest.raises(KeyRefused, match="cannot retire others"):
        world.provider.retire_others("a wrong one", 0)


def test_the_function_does_the_step_of_its_event_and_logs_no_key(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shared.tables.Table", {"keys-table": world.table}.__getitem__)
    environment = {"PROVIDER_KEYS_TABLE": "keys-table", "KEY_OVERLAP_SECONDS": "900"}
    function = load("orders", "rotate_provider_key", monkeypatch, environment)
    version = world.manager.begin()

    for step in STEPS:
        asked = {**sample_event("orders", "rotate_provider_key"), "SecretId": ARN}
        function.handler({**asked, "Step": step, "ClientRequestToken": version}, Context())

    world.account().enter()
    assert world.manager.current() not in capsys.readouterr().out


class Rotations(RuleBasedStateMachine):
    """Rotations on bad days: steps are repeated, come late, and die in any call; time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.monkeypatch = pytest.MonkeyPatch()
        self.world = World(self.monkeypatch)
        self.world.rotate()
        self.environments = [self.world.account() for _ in range(3)]
        self.known = [self.world.manager.current()]
        """The keys that were current, the oldest first."""
        self.retired: dict[str, float] = {}
        """When keys were no longer current."""

    def teardown(self) -> None:
        try:
            self.world.rotate()  # whatever was left undone is made good by the next whole one
            self.notice()
            self.world.seconds += OVERLAP
            for key in self.known[:-1]:
                assert not self.world.provider.accepts(key)
            assert len([end for end in self.world.keys().values() if end == 0]) == 1
        finally:
            self.monkeypatch.undo()

    def notice(self) -> None:
        """Note which key is current."""
        if self.world.manager.current() != self.known[-1]:
            self.retired[self.known[-1]] = self.world.seconds
            self.known.append(self.world.manager.current())

    @rule(upto=st.integers(1, 4), times=st.lists(st.integers(1, 2), min_size=4, max_size=4))
    def rotate_some_way(self, upto: int, times: list[int]) -> None:
        version = self.world.manager.begin()
        for step, often in zip(STEPS[:upto], times, strict=False):
            for _ in range(often):
                self.world.step(step, version)
        self.notice()

    @rule(dies_in=st.integers(0, 8), data=st.data())
    def die_in_a_call(self, dies_in: int, data: st.DataObject) -> None:
        version, left = self.world.manager.begin(), [dies_in]
        before = data.draw(st.booleans())

        def dying(call: Any) -> Any:
            def called(*given: Any, **more: Any) -> Any:
                left[0] -= 1
                if left[0] < 0 and before:
                    raise Crash
                answer = call(*given, **more)
                if left[0] < 0:
                    raise Crash
                return answer

            return called

        with self.monkeypatch.context() as patch, suppress(Crash):
            for party, names in CALLS.items():
                for name in names.split():
                    one = getattr(self.world, party)
                    patch.setattr(one, name, dying(getattr(one, name)))
            for step in STEPS:
                self.world.step(step, version)
        self.notice()

    @rule(step=st.sampled_from(STEPS), data=st.data())
    def a_late_step_arrives(self, step: str, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(sorted(self.world.manager.values)))
        with suppress(NotPending, KeyRefused):
            self.world.step(step, version)
        self.notice()

    @rule(seconds=st.sampled_from([1, 60, KEPT_SECONDS, OVERLAP, 10 * OVERLAP]))
    def time_passes(self, seconds: int) -> None:
        self.world.seconds += seconds

    @precondition(lambda self: self.retired)
    @rule()
    def whoever_read_a_key_before_the_overlap_began_is_let_in(self) -> None:
        for key, since in self.retired.items():
            if self.world.seconds < since + OVERLAP and key in self.known[-2:]:
                assert self.world.provider.accepts(key)

    @invariant()
    def every_environment_is_let_in(self) -> None:
        self.world.account().enter()
        for environment in self.environments:
            environment.enter()

    @invariant()
    def the_current_key_is_taken_without_an_end(self) -> None:
        assert self.world.keys()[hashlib.sha256(self.world.manager.current().encode()).hexdigest()] == 0


def test_whatever_becomes_of_a_rotation_the_current_key_lets_in() -> None:
    run_state_machine_as_test(
        Rotations, settings=settings(max_examples=150, stateful_step_count=15, deadline=None)
    )
