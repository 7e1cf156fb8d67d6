"""Every operation of the contract, with all credentials that should not open it, and those that should.

Which credentials an operation takes is read from its `security`, so one that comes is tried as it comes.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from tests import templates
from tests.approvals import waiting_order
from tests.credentials import (
    REFUSED,
    RIGHT,
    Call,
    Wallet,
    expired,
    header_of,
    pools_key,
    signed,
    token,
)
from tests.integration.orders.test_partners import registered
from tests.partners import staff
from tests.stack import Member, OrdersApi, Stack

CONTRACT = templates.contract("orders")
OPERATIONS = templates.operations("orders")
WHERE = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in CONTRACT["paths"].items()
    for method, operation in methods.items()
}
FINAL = {
    *("cancelOrder", "approveOrder", "approveOrderAsTool"),
    *("revokePartner", "revokePartnerAsTool", "registerPartner"),
}
"""What ends or changes a thing; the right credentials for it come last."""
ANYBODYS = {"approveOrder": "staff answer whosever order it is"}
"""Operations that look at no partition of the caller's own, and why."""


def scheme(operation_id: str) -> str:
    """Return the security scheme that tells an operation who calls."""
    schemes: set[str] = {name for choice in OPERATIONS[operation_id]["security"] for name in choice} - {
        "Plan"
    }
    (found,) = schemes
    return found


def example(schema: dict[str, Any]) -> Any:
    """Return the example of a schema that the contract names."""
    return CONTRACT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["example"]


def call_of(operation_id: str, **ids: str) -> Call:
    """Return a call of an operation that lacks credentials alone, made from its own examples."""
    method, path = WHERE[operation_id]
    operation = OPERATIONS[operation_id]
    headers, body = {}, b""
    if "requestBody" in operation:
        ((kind, content),) = operation["requestBody"]["content"].items()
        headers["Content-Type"], body = kind, json.dumps(example(content["schema"])).encode()
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "Idempotency-Key":
            headers["Idempotency-Key"] = secrets.token_hex(16)
    return Call(method, path.format(**ids), body, headers)


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Iterator[Member]:
    """A member whose plan leaves room for many requests, and who may do what staff may."""
    person = stack.enrol("members", "premium", "staff")
    yield person
    person.leave()


@pytest.fixture(scope="module")
def another(stack: Stack) -> Iterator[Member]:
    """A member like the owner, who owns nothing of the owner's; no staff."""
    person = stack.enrol("members", "premium")
    yield person
    person.leave()


@pytest.fixture(scope="module")
def other_pool(stack: Stack) -> Iterator[Member]:
    """A member of a user pool that the API does not know."""
    cognito = stack.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName=f"other-{secrets.token_hex(4)}")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="other",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )["UserPoolClient"]["ClientId"]
    elsewhere = Stack({**stack, "UserPoolId": pool, "UserPoolClientId": client})
    yield elsewhere.enrol()
    cognito.delete_user_pool(UserPoolId=pool)


@pytest.fixture(scope="module")
def powerless(stack: Stack) -> Iterator[str]:
    """The ARN of a role that allows nothing."""
    iam, name = stack.client("iam"), f"tests-{uuid.uuid4().hex[:8]}"
    account = stack["StaffToolsRoleArn"].split(":")[4]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    yield iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    iam.delete_role(RoleName=name)


@pytest.fixture(scope="module")
def wallet(stack: Stack, owner: Member, another: Member, other_pool: Member, powerless: str) -> Wallet:
    """All credentials that there are."""
    return Wallet(
        stack=stack,
        member=owner,
        stranger=another,
        elsewhere=other_pool,
        partner=registered(stack, owner),
        another=registered(stack, another),
        tool=staff(stack),
        powerless=staff(Stack({**stack, "StaffToolsRoleArn": powerless})),
    )


@pytest.fixture(scope="module")
def ids(stocked: Stack, wallet: Wallet) -> dict[str, str]:
    """The things that the operations' paths name: an order of the owner's that waits, and a partner."""
    api = OrdersApi(stocked["OrdersApiUrl"], wallet.member.token)
    return {"order_id": waiting_order(stocked, api), "partner_id": wallet.another.partner_id}


def assert_refused(answer: requests.Response, status: int) -> None:
    """Assert that an answer is a problem of this status, and that it does not say why in detail."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert not [word for word in ("pool", "key id", "kid", "expired at") if word in answer.text.lower()]


def test_every_kind_of_credentials_is_tried() -> None:
    assert {scheme(operation_id) for operation_id in OPERATIONS} == RIGHT.keys() == REFUSED.keys()
    named = {parameter["name"] for one in OPERATIONS.values() for parameter in one.get("parameters", [])}
    assert {name for name in named if name.endswith("_id")} == {"order_id", "partner_id"}


@pytest.mark.parametrize(
    ("operation_id", "trial"),
    [(operation_id, trial) for operation_id in OPERATIONS for trial in REFUSED[scheme(operation_id)]],
)
def test_wrong_credentials_are_refused(
    wallet: Wallet, ids: dict[str, str], operation_id: str, trial: str
) -> None:
    status, prove = REFUSED[scheme(operation_id)][trial]

    answer = prove(wallet, call_of(operation_id, **ids)).send(wallet.stack["OrdersApiUrl"])

    assert_refused(answer, status)


@pytest.mark.parametrize(
    "operation_id",
    [
        name
        for name in OPERATIONS
        if "{order_id}" in WHERE[name][1] and scheme(name) != "StaffTool" and name not in ANYBODYS
    ],
)
def test_right_credentials_do_not_open_what_is_another_s(
    wallet: Wallet, ids: dict[str, str], operation_id: str
) -> None:
    strangers = replace(wallet, member=wallet.stranger, partner=wallet.another)

    answer = RIGHT[scheme(operation_id)](strangers, call_of(operation_id, **ids)).send(
        wallet.stack["OrdersApiUrl"]
    )

    assert_refused(answer, 404)


@pytest.mark.parametrize("operation_id", ["approveOrder", "listApprovals", "listPartners", "revokePartner"])
def test_a_member_who_is_not_staff_does_and_sees_nothing_of_what_staff_do(
    wallet: Wallet, ids: dict[str, str], operation_id: str
) -> None:
    as_somebody = token(lambda wallet: wallet.stranger.token)

    answer = as_somebody(wallet, call_of(operation_id, **ids)).send(wallet.stack["OrdersApiUrl"])

    assert_refused(answer, 403)


def test_nothing_came_of_all_that_was_refused(wallet: Wallet, ids: dict[str, str]) -> None:
    api = OrdersApi(wallet.stack["OrdersApiUrl"], wallet.member.token)

    assert [order["order_id"] for order in api.list().json()["items"]] == [ids["order_id"]]
    (order,) = api.list().json()["items"]
    assert order["status"] == "AWAITING_APPROVAL"
    assert [entry["step"] for entry in order["timeline"]] == [
        "PLACED",
        "STOCK_RESERVED",
        "APPROVAL_REQUESTED",
    ]
    assert not OrdersApi(wallet.stack["OrdersApiUrl"], wallet.stranger.token).list().json()["items"]
    assert wallet.another.get(str(uuid.uuid4())).status_code == 404  # it is let in still


@pytest.mark.parametrize("operation_id", sorted(OPERATIONS, key=lambda name: name in FINAL))
def test_right_credentials_are_let_in(
    stocked: Stack, wallet: Wallet, ids: dict[str, str], operation_id: str
) -> None:
    api = OrdersApi(stocked["OrdersApiUrl"], wallet.member.token)
    mine = {**ids, "order_id": waiting_order(stocked, api)} if operation_id in FINAL else ids

    answer = RIGHT[scheme(operation_id)](wallet, call_of(operation_id, **mine)).send(stocked["OrdersApiUrl"])

    assert 200 <= answer.status_code < 300, answer.text
    assert str(answer.status_code) in OPERATIONS[operation_id]["responses"]


def test_the_expired_token_was_good_but_for_its_time(wallet: Wallet) -> None:
    claims = {**wallet.member.claims, "jti": str(uuid.uuid4())}
    fresh = signed(header_of(wallet.member.token), claims, pools_key(wallet.stack))

    assert OrdersApi(wallet.stack["OrdersApiUrl"], fresh).list().status_code == 200
    assert OrdersApi(wallet.stack["OrdersApiUrl"], expired(wallet)).list().status_code == 401
