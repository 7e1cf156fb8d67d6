"""Signed requests, staff's AWS credentials: right, wrong, missing, expired, tampered, another's."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from nacl.signing import SigningKey

from tests.partners import Partner, digest, opened, revoke, staff
from tests.stack import ORDER, Member, OrdersApi, Stack, asked_for

BODY = json.dumps(ORDER).encode()
NOBODYS = "0190b2c4-7f7e-7c3a-8000-000000000000"
PROPAGATION_SECONDS = 60
ENOUGH = 300
"""More requests than the trial plan takes a day, also with those that came too fast."""


def registered(stack: Stack, member: Member) -> Partner:
    """Register an application of the member's, and wait until API Gateway knows its key."""
    partner = Partner(stack["OrdersApiUrl"].rstrip("/"), member.claims["sub"])
    answer = OrdersApi(stack["OrdersApiUrl"], member.token).send(
        "PUT", "/partner", json=partner.registration()
    )
    assert answer.status_code in {200, 201}, answer.text
    deadline = time.monotonic() + PROPAGATION_SECONDS
    while not stack.on_this_machine and time.monotonic() < deadline:
        if partner.get(NOBODYS).status_code == 404:
            break
        time.sleep(2)
    return partner


@pytest.fixture
def enrol(stack: Stack) -> Iterator[Callable[..., Member]]:
    """Make members who are gone after the test."""
    people: list[Member] = []

    def one(*groups: str) -> Member:
        people.append(stack.enrol("members", *groups))
        return people[-1]

    yield one
    for person in people:
        person.leave()


@pytest.fixture
def owner(enrol: Callable[..., Member]) -> Member:
    """A member with a tier whose plan leaves room for many requests."""
    return enrol("premium")


@pytest.fixture
def partner(stack: Stack, owner: Member) -> Partner:
    """The owner's application."""
    return registered(stack, owner)


def assert_refused(answer: requests.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


class TestSigned:
    """Requests of partners."""

    def test_a_partner_orders_and_follows_and_its_member_sees_it(
        self, stack: Stack, partner: Partner, owner: Member
    ) -> None:
        placed = partner.create(ORDER)

        assert placed.status_code == 202, placed.text
        order_id = placed.json()["order_id"]
        assert placed.headers["Location"] == f"orders/{order_id}"
        followed = [partner.get(order_id), OrdersApi(stack["OrdersApiUrl"], owner.token).get(order_id)]
        # Its saga is under way meanwhile.
        assert [asked_for(one.json()) for one in followed] == [asked_for(placed.json())] * 2

    def test_a_changed_body_is_refused_and_the_signed_one_still_taken(self, partner: Partner) -> None:
        headers = partner.signed("POST", "/partner/orders", BODY)
        other = json.dumps({**ORDER, "currency": "USD"}).encode()

        assert_refused(partner.sent("POST", "/partner/orders", other, headers), 403)
        assert partner.sent("POST", "/partner/orders", BODY, headers).status_code == 202

    @pytest.mark.parametrize("first", [True, False], ids=["cached", "not cached"])
    @pytest.mark.parametrize(
        ("header", "value"),
        [
            ("Content-Digest", digest(b"{}")),
            ("Idempotency-Key", "another-key-0001"),
            ("Signature-Input", "sig=()"),
        ],
    )
    def test_a_changed_header_is_refused_whether_the_answer_is_cached_or_not(
        self, partner: Partner, header: str, value: str, first: bool
    ) -> None:
        headers = partner.signed("POST", "/partner/orders", BODY)
        if first:
            assert partner.sent("POST", "/partner/orders", BODY, headers).status_code == 202

        answer = partner.sent("POST", "/partner/orders", BODY, {**headers, header: value})

        # The digest that counts is the signed one, so the header alone does no harm once it was verified.
        if first and header == "Content-Digest":
            assert answer.status_code == 202
        else:
            assert_refused(answer, 403)

    @pytest.mark.parametrize("first", [True, False], ids=["cached", "not cached"])
    def test_a_signature_is_good_for_its_own_path_only(self, partner: Partner, first: bool) -> None:
        order_id, another = (partner.create(ORDER).json()["order_id"] for _ in range(2))
        headers = partner.signed("GET", f"/partner/orders/{order_id}")
        if first:
            assert partner.sent("GET", f"/partner/orders/{order_id}", b"", headers).status_code == 200

        assert_refused(partner.sent("GET", f"/partner/orders/{another}", b"", headers), 403)

    def test_a_replay_changes_nothing(self, stack: Stack, partner: Partner, owner: Member) -> None:
        headers = partner.signed("POST", "/partner/orders", BODY)

        first, replayed = (partner.sent("POST", "/partner/orders", BODY, headers) for _ in range(2))

        assert first.json() == replayed.json()
        assert len(OrdersApi(stack["OrdersApiUrl"], owner.token).list().json()["items"]) == 1

    @pytest.mark.parametrize(
        ("wrong", "field"), [({"currency": "eur"}, "/currency"), ({"lines": []}, "/lines"), ({"x": 1}, "/x")]
    )
    def test_a_wrong_field_is_named(self, partner: Partner, wrong: dict[str, Any], field: str) -> None:
        answer = partner.create({**ORDER, **wrong})

        assert_refused(answer, 400)
        assert answer.json()["errors"][0]["field"] == field


class TestRegistered:
    """The developer portal."""

    def test_the_first_time_it_makes_the_partner_and_then_it_changes_it(
        self, stack: Stack, enrol: Callable[..., Member]
    ) -> None:
        member = enrol()
        partner = Partner(stack["OrdersApiUrl"].rstrip("/"), member.claims["sub"])
        api = OrdersApi(stack["OrdersApiUrl"], member.token)

        made = api.send("PUT", "/partner", json=partner.registration())
        changed = api.send("PUT", "/partner", json={**partner.registration(), "purpose": "Another"})

        assert (made.status_code, changed.status_code) == (201, 200)
        assert (made.json()["plan"], changed.json()["purpose"]) == ("trial", "Another")

    def test_a_key_is_changed_without_a_gap_and_the_old_one_is_good_no_more(
        self, stack: Stack, partner: Partner, owner: Member
    ) -> None:
        api = OrdersApi(stack["OrdersApiUrl"], owner.token)
        fresh = replace(partner, key=SigningKey.generate())

        api.send("PUT", "/partner", json=partner.registration(fresh.public_key))
        assert {partner.get(NOBODYS).status_code, fresh.get(NOBODYS).status_code} == {404}
        api.send("PUT", "/partner", json=fresh.registration())

        assert fresh.get(NOBODYS).status_code == 404
        assert_refused(partner.get(NOBODYS, created=int(time.time()) - 30), 403)

    def test_the_contact_is_kept_so_that_nobody_in_the_account_can_read_it(
        self, stack: Stack, partner: Partner
    ) -> None:
        item = stack.client("dynamodb").get_item(
            TableName=stack.physical_id("orders", "PartnersTable"),
            Key={"partner_id": {"S": partner.partner_id}},
        )["Item"]

        contact = partner.registration()["contact"]
        assert contact not in json.dumps(item)
        assert "@" not in json.dumps(item)
        if stack.on_this_machine:
            assert opened(item["sealed_contact"]["S"]) == [partner.partner_id, contact]

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"contact": "nobody"}, "/contact"),
            ({"signing_keys": []}, "/signing_keys"),
            ({"signing_keys": ["short"]}, "/signing_keys/0"),
            ({"plan": "standard"}, "/plan"),
            ({"application": ""}, "/application"),
        ],
    )
    def test_what_does_not_fit_is_named(
        self, stack: Stack, owner: Member, wrong: dict[str, Any], field: str
    ) -> None:
        partner = Partner(stack["OrdersApiUrl"], owner.claims["sub"])

        answer = OrdersApi(stack["OrdersApiUrl"], owner.token).send(
            "PUT", "/partner", json={**partner.registration(), **wrong}
        )

        assert_refused(answer, 400)
        assert answer.json()["errors"][0]["field"] == field

    def test_a_quota_that_is_used_up_is_429_and_says_when_to_come_back(
        self, stack: Stack, enrol: Callable[..., Member]
    ) -> None:
        if not stack.on_this_machine:
            pytest.skip(
                "quotas are applied on a best-effort basis in AWS, and a thousand requests cost money"
            )
        trial = registered(stack, enrol())
        headers = trial.signed("GET", f"/partner/orders/{NOBODYS}")

        answers: list[requests.Response] = []
        while not (answers and answers[-1].headers.get("Retry-After") == "3600"):
            assert len(answers) < ENOUGH, answers[-1].text
            answers.append(trial.sent("GET", f"/partner/orders/{NOBODYS}", b"", headers))
            time.sleep(0.1)  # 10 a second at the most, above the plan's rate of 5: it may be met on the way

        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.status_code for answer in answers} == {404, 429}
        assert {answer.headers["Retry-After"] for answer in refused} <= {"1", "3600"}
        assert_refused(refused[-1], 429)
        assert refused[-1].json()["detail"] == "The quota is used up."

    def test_no_plan_counts_another_partners_requests(
        self, stack: Stack, partner: Partner, enrol: Callable[..., Member]
    ) -> None:
        trial = registered(stack, enrol())
        headers = trial.signed("GET", f"/partner/orders/{NOBODYS}")
        answers = [trial.sent("GET", f"/partner/orders/{NOBODYS}", b"", headers) for _ in range(50)]

        assert 429 in {answer.status_code for answer in answers}
        assert partner.get(NOBODYS).status_code == 404


class TestStaff:
    """Cognito's group staff."""

    @pytest.fixture
    def staff_api(self, stack: Stack, enrol: Callable[..., Member]) -> OrdersApi:
        return OrdersApi(stack["OrdersApiUrl"], enrol("staff").token)

    def listed(self, staff_api: OrdersApi) -> list[dict[str, Any]]:
        """Return all partners, read a small page at a time."""
        found, query = [], {"limit": "3"}
        while True:
            page = staff_api.send("GET", "/staff/partners", params=query).json()
            found += page["items"]
            if "next_cursor" not in page:
                return found
            query["cursor"] = page["next_cursor"]

    def test_staff_see_who_is_registered_and_end_a_partner(
        self, staff_api: OrdersApi, partner: Partner
    ) -> None:
        before = self.listed(staff_api)

        ended = [staff_api.send("DELETE", f"/staff/partners/{partner.partner_id}") for _ in range(2)]

        assert [one.status_code for one in ended] == [204, 204]
        assert_refused(partner.get(NOBODYS, created=int(time.time()) - 30), 403)
        mine, after = (
            next(one for one in found if one["partner_id"] == partner.partner_id)
            for found in (before, self.listed(staff_api))
        )
        sent = partner.registration()
        assert mine == {
            "partner_id": partner.partner_id,
            "application": sent["application"],
            "purpose": sent["purpose"],
            "plan": "standard",
            "registered_at": mine["registered_at"],
            "revoked": False,
        }
        assert after == {**mine, "revoked": True}
        times = [one["registered_at"] for one in before]
        assert times == sorted(times, reverse=True)

    def test_nobodys_partner_is_not_found(self, staff_api: OrdersApi) -> None:
        assert_refused(staff_api.send("DELETE", f"/staff/partners/{uuid.uuid4()}"), 404)


class TestStaffTools:
    """AWS_IAM."""

    def test_staff_revokes_a_partner_for_good(self, stack: Stack, partner: Partner, owner: Member) -> None:
        assert revoke(stack, partner.partner_id, staff(stack)).status_code == 204

        assert_refused(partner.get(NOBODYS, created=int(time.time()) - 30), 403)
        again = OrdersApi(stack["OrdersApiUrl"], owner.token).send(
            "PUT", "/partner", json=partner.registration()
        )
        assert_refused(again, 409)
        assert revoke(stack, partner.partner_id, staff(stack)).status_code == 204

    def test_an_answer_that_is_cached_lets_a_revoked_partner_in_no_more(
        self, stack: Stack, partner: Partner
    ) -> None:
        headers = partner.signed("GET", f"/partner/orders/{NOBODYS}")
        assert partner.sent("GET", f"/partner/orders/{NOBODYS}", b"", headers).status_code == 404

        revoke(stack, partner.partner_id, staff(stack))

        assert_refused(partner.sent("GET", f"/partner/orders/{NOBODYS}", b"", headers), 403)

    def test_nobodys_partner_is_not_found(self, stack: Stack) -> None:
        assert_refused(revoke(stack, str(uuid.uuid4()), staff(stack)), 404)
