"""Registering, recognising and revoking partners, over a table and API Gateway in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey, SealedBox

from orders.partners import (
    ChangedMeanwhile,
    PartnerNotFound,
    Partners,
    RegisteredPartner,
    Registration,
    Revoked,
    recognise,
    register,
    revoke,
)
from shared import sealing, signatures
from shared.http import Caller
from shared.metering import Metering
from tests import partners as client
from tests.partners import in_base64
from tests.unit.functions import Context, load, sample_event
from tests.unit.orders.fakes import Crash, FakeTable

NOW = 1_795_253_400
MEMBER = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f"
PLANS = {"trial": "plan-1", "standard": "plan-2"}


class FakeGateway:
    """API Gateway's keys and plans, for the calls that are made."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, Any]] = {}
        self.plans: dict[str, set[str]] = {plan: set() for plan in PLANS.values()}
        self.crash_at: str | None = None

    def _called(self, operation: str) -> None:
        if self.crash_at == operation:
            self.crash_at = None
            raise Crash

    def get_api_keys(self, *, nameQuery: str, includeValues: bool) -> Any:  # noqa: N803 - API Gateway's
        self._called("GetApiKeys")
        assert not includeValues
        return {"items": [key for key in self.keys.values() if key["name"].startswith(nameQuery)]}

    def create_api_key(self, *, name: str, value: str, enabled: bool) -> Any:
        self._called("CreateApiKey")
        assert enabled
        assert 20 <= len(value) <= 128
        self.keys[f"key-{len(self.keys)}"] = key = {
            "id": f"key-{len(self.keys)}",
            "name": name,
            "value": value,
        }
        return key

    def delete_api_key(self, *, apiKey: str) -> None:  # noqa: N803
        self._called("DeleteApiKey")
        del self.keys[apiKey]
        for keys in self.plans.values():
            keys.discard(apiKey)

    def create_usage_plan_key(self, *, usagePlanId: str, keyId: str, keyType: str) -> None:  # noqa: N803
        self._called("CreateUsagePlanKey")
        assert keyType == "API_KEY"
        if any(keyId in keys for keys in self.plans.values()):
            raise ClientError({"Error": {"Code": "ConflictException", "Message": ""}}, "CreateUsagePlanKey")
        self.plans[usagePlanId].add(keyId)

    def delete_usage_plan_key(self, *, usagePlanId: str, keyId: str) -> None:  # noqa: N803
        self._called("DeleteUsagePlanKey")
        if keyId not in self.plans[usagePlanId]:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": ""}}, "DeleteUsagePlanKey")
        self.plans[usagePlanId].remove(keyId)

    def plan_of(self, name: str) -> list[str]:
        """Return the plans that the keys of this name are in."""
        named = {key["id"] for key in self.keys.values() if key["name"] == name}
        return [plan for plan, keys in self.plans.items() for key in keys if key in named]


class World:
    """Everything at once, with the member's wishes."""

    def __init__(self) -> None:
        self.table = FakeTable("partner_id", ByRegistration=("list", "registered_at"))
        self.gateway = FakeGateway()
        self.partners = Partners(self.table)  # type: ignore[arg-type]  # a fake
        self.metering = Metering(PLANS, self.gateway)  # type: ignore[arg-type]  # a fake
        self.client = client.Partner("", MEMBER)

    def register(self, tier: str = "free", *more_keys: str) -> tuple[Any, bool]:
        wanted = Registration(**self.client.registration(*more_keys))
        caller = Caller(MEMBER, frozenset(), tier)
        return register(caller, wanted, self.partners, self.metering, lambda *_: "sealed")

    def revoke(self, partner_id: str = MEMBER) -> None:
        revoke(partner_id, self.partners, self.metering)

    def recognises(self, who: client.Partner) -> bool:
        headers = who.signed("GET", "/partner/orders/1", created=NOW)
        single = {name: [value] for name, value in headers.items()}
        return bool(recognise(signatures.read("GET", "/partner/orders/1", single, NOW), self.partners))


@pytest.fixture
def world() -> World:
    return World()


def test_a_registered_partner_is_recognised_and_counted(world: World) -> None:
    partner, fresh = world.register()

    assert (fresh, partner.plan, partner.contact_kept) == (True, "trial", True)
    assert world.recognises(world.client)
    assert world.gateway.plan_of(MEMBER) == ["plan-1"]


def test_nobody_else_is_recognised(world: World) -> None:
    world.register()

    assert not world.recognises(client.Partner("", MEMBER))
    assert not world.recognises(client.Partner("", "somebody-else", world.client.key))
    assert recognise(None, world.partners) is None


def test_registering_again_changes_keys_and_plan_and_nothing_of_the_metering_key(world: World) -> None:
    world.register()
    (key,) = world.gateway.keys.values()
    world.client = client.Partner("", MEMBER)

    partner, fresh = world.register("premium")

    assert (fresh, partner.plan) == (False, "standard")
    assert world.gateway.plan_of(MEMBER) == ["plan-2"]
    assert list(world.gateway.keys.values()) == [key]
    assert partner.signing_keys == [world.client.public_key]


@given(
    tiers=st.lists(st.sampled_from(["free", "premium"]), min_size=1, max_size=4),
    crashes=st.lists(
        st.sampled_from(["GetApiKeys", "CreateApiKey", "DeleteUsagePlanKey", "CreateUsagePlanKey", None]),
        min_size=4,
        max_size=4,
    ),
)
def test_whatever_dies_midway_the_next_try_ends_with_one_key_in_the_plan_of_the_tier(
    tiers: list[str], crashes: list[str | None]
) -> None:
    world = World()
    for tier, crash in zip(tiers, crashes, strict=False):
        world.gateway.crash_at = crash
        try:
            world.register(tier)
        except Crash:
            world.register(tier)
        world.gateway.crash_at = None

    assert world.gateway.plan_of(MEMBER) == [PLANS["standard" if tiers[-1] == "premium" else "trial"]]
    assert len(world.gateway.keys) == 1


def test_a_revoked_partner_is_not_recognised_not_counted_and_not_brought_back(world: World) -> None:
    world.register()

    world.revoke()
    world.revoke()

    assert not world.recognises(world.client)
    assert not world.gateway.keys
    (item,) = world.table.items.values()
    assert (item["sealed_contact"], item["signing_keys"]) == ("", [])
    with pytest.raises(Revoked):
        world.register()


@pytest.mark.parametrize("crash", ["GetApiKeys", "DeleteApiKey"])
def test_a_revocation_that_dies_midway_refuses_already_and_is_finished_by_the_next(
    world: World, crash: str
) -> None:
    world.register()
    world.gateway.crash_at = crash

    with pytest.raises(Crash):
        world.revoke()

    assert not world.recognises(world.client)
    world.revoke()
    assert not world.gateway.keys


def test_nobody_cannot_be_revoked(world: World) -> None:
    with pytest.raises(PartnerNotFound):
        world.revoke("somebody-else")


def test_of_two_changes_at_once_one_is_told_to_try_again(world: World) -> None:
    world.register()
    record = world.partners.get(MEMBER)
    assert record is not None
    world.register()

    with pytest.raises(ChangedMeanwhile):
        world.partners.put(record)


def test_staff_see_all_partners_the_latest_first_a_page_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        monkeypatch.setattr("orders.partners.now", lambda number=number: f"2026-11-2{number}T09:30:00.000Z")
        caller = Caller(f"member-{number}", frozenset(), "free")
        wanted = Registration(**world.client.registration())
        register(caller, wanted, world.partners, world.metering, lambda *_: "sealed")
    world.revoke("member-3")

    first, at = world.partners.page(3)
    second, end = world.partners.page(3, at)

    assert [one.partner_id for one in first + second] == [f"member-{number}" for number in (4, 3, 2, 1, 0)]
    assert [one.revoked for one in first + second] == [False, True, False, False, False]
    assert end is None
    assert first[0] == RegisteredPartner(
        "member-4", wanted.application, wanted.purpose, "trial", "2026-11-24T09:30:00.000Z", False
    )


def test_registering_again_does_not_change_when_it_was_registered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.partners.now", lambda: "2026-11-21T09:30:00.000Z")
    world.register()
    monkeypatch.setattr("orders.partners.now", lambda: "2026-11-22T09:30:00.000Z")
    world.register()
    world.revoke()

    (listed,), _ = world.partners.page(10)

    assert (listed.registered_at, listed.revoked) == ("2026-11-21T09:30:00.000Z", True)


def test_a_sealed_contact_opens_with_the_private_key_alone_and_tells_whose_it_is() -> None:
    key = PrivateKey.generate()

    sealed = sealing.seal(in_base64(bytes(key.public_key)), MEMBER, "till@example.com")

    assert json.loads(SealedBox(key).decrypt(base64.b64decode(sealed))) == [MEMBER, "till@example.com"]
    assert sealed != sealing.seal(in_base64(bytes(key.public_key)), MEMBER, "till@example.com")


class TestHandlers:
    """From the event to the answer."""

    @pytest.fixture
    def call(self, monkeypatch: pytest.MonkeyPatch, world: World) -> Callable[[str, dict[str, Any]], Any]:
        tables = {
            "partners": world.table,
            "orders": FakeTable("member_id", "order_id"),
            "claims": FakeTable("id"),
        }
        environment = {
            "PARTNERS_TABLE": "partners",
            "ORDERS_TABLE": "orders",
            "IDEMPOTENCY_TABLE": "claims",
            "TRIAL_PLAN": "plan-1",
            "STANDARD_PLAN": "plan-2",
            "CURSOR_KEY": "0f8fad5b-d9cb-469f-a165-70867728950e",
            "CONTACT_KEY": in_base64(bytes(PrivateKey.generate().public_key)),
        }
        monkeypatch.setattr("shared.tables.Table", tables.__getitem__)
        monkeypatch.setattr("shared.metering.Metering", lambda _plans: world.metering)
        monkeypatch.setattr("time.time", lambda: float(NOW))

        def called(name: str, event: dict[str, Any]) -> Any:
            return load("orders", name, monkeypatch, environment).handler(event, Context())

        return called

    def test_the_sample_events_follow_each_other(
        self, call: Callable[[str, dict[str, Any]], Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert call("register_partner", sample_event("orders", "register_partner"))["statusCode"] == 201
        allowed = call("partner_authorizer", sample_event("orders", "partner_authorizer"))
        order = sample_event("orders", "create_partner_order")
        assert allowed["policyDocument"]["Statement"][0]["Effect"] == "Allow"
        context = {**allowed["context"], "principalId": allowed["principalId"]}
        assert context == order["requestContext"]["authorizer"]
        placed = call("create_partner_order", order)
        assert placed["statusCode"] == 202
        following = sample_event("orders", "get_partner_order")
        following["pathParameters"]["order_id"] = json.loads(placed["body"])["order_id"]
        assert call("get_partner_order", following)["body"] == placed["body"]
        assert call("revoke_partner", sample_event("orders", "revoke_partner"))["statusCode"] == 204
        (listed,) = json.loads(call("list_partners", sample_event("orders", "list_partners"))["body"])[
            "items"
        ]
        assert (listed["application"], listed["revoked"]) == ("Teahouse till", True)
        denied = call("partner_authorizer", sample_event("orders", "partner_authorizer"))

        assert denied["policyDocument"]["Statement"][0]["Effect"] == "Deny"
        assert "usageIdentifierKey" not in denied
        assert "till@example.com" not in capsys.readouterr().out

    @pytest.mark.parametrize("function", ["revoke_partner", "list_partners"])
    def test_who_is_not_staff_does_and_sees_nothing(
        self, call: Callable[[str, dict[str, Any]], Any], world: World, function: str
    ) -> None:
        world.register()
        event = sample_event("orders", function)
        event["requestContext"]["authorizer"]["claims"]["cognito:groups"] = "members,staffing"

        assert call(function, event)["statusCode"] == 403
        assert world.recognises(world.client)

    def test_a_tool_that_iam_let_in_revokes(
        self, call: Callable[[str, dict[str, Any]], Any], world: World
    ) -> None:
        world.register()
        event = sample_event("orders", "revoke_partner")
        del event["requestContext"]["authorizer"]
        event["requestContext"]["identity"]["userArn"] = "arn:aws:sts::123456789012:assumed-role/Tools/one"

        assert call("revoke_partner", event)["statusCode"] == 204
        assert not world.recognises(world.client)

    @pytest.mark.parametrize(
        "change",
        [
            {"body": "{}"},
            {"multiValueHeaders": {"Idempotency-Key": ["another-key-0001"]}},
            {"multiValueHeaders": {}},
            {"multiValueHeaders": {"Idempotency-Key": ["0f8fad5b-d9cb-469f-a165-70867728950e"] * 2}},
        ],
        ids=["body", "key", "no key", "two keys"],
    )
    def test_a_cached_answer_is_good_for_the_signed_request_only(
        self, call: Callable[[str, dict[str, Any]], Any], change: dict[str, Any]
    ) -> None:
        answer = call("create_partner_order", {**sample_event("orders", "create_partner_order"), **change})

        assert answer["statusCode"] == 403
