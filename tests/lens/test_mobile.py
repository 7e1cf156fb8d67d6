"""Scenario 2, the mobile backend."""

from __future__ import annotations

import pytest

from tests.login import Login, query_of, token_by_srp
from tests.stack import Member, OrdersApi, Stack, claims_of


@pytest.mark.lens("MOB-1")
def test_a_member_signs_in_without_sending_the_password(stack: Stack, member: Member) -> None:
    token = token_by_srp(stack, member)

    assert claims_of(token)["tier"] == "free"
    assert OrdersApi(stack["OrdersApiUrl"], token).list().status_code == 200


@pytest.mark.lens("MOB-1")
def test_a_member_signs_in_through_the_managed_login(stack: Stack, member: Member) -> None:
    login = Login(stack)

    code = query_of(login.code(member, "openid orders/read"))["code"]
    token = login.exchange(code, login.verifier).json()["access_token"]

    assert OrdersApi(stack["OrdersApiUrl"], token).list().status_code == 200
