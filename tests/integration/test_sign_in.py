"""Signing in: by password, by SRP, and through the managed login with a code and PKCE."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from pycognito.aws_srp import AWSSRP

from tests.stack import Member, OrdersApi, Stack, claims_of


def test_srp_signs_in_without_sending_the_password(stack: Stack, member: Member) -> None:
    srp = AWSSRP(
        username=member.email,
        password=member.password,
        pool_id=stack["UserPoolId"],
        client_id=stack["UserPoolClientId"],
        client=stack.client("cognito-idp"),
    )

    token = srp.authenticate_user()["AuthenticationResult"]["AccessToken"]

    assert OrdersApi(stack["OrdersApiUrl"], token).list().status_code == 200


def test_a_refreshed_token_is_as_good(stack: Stack, member: Member) -> None:
    refreshed = stack.client("cognito-idp").initiate_auth(
        ClientId=stack["UserPoolClientId"],
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": member.tokens["RefreshToken"]},
    )["AuthenticationResult"]["AccessToken"]

    assert claims_of(refreshed)["sub"] == member.claims["sub"]
    assert OrdersApi(stack["OrdersApiUrl"], refreshed).list().status_code == 200


@pytest.mark.parametrize("wrong", ["password", "name"])
def test_a_wrong_password_and_an_unknown_name_answer_alike(stack: Stack, member: Member, wrong: str) -> None:
    name = member.email if wrong == "password" else "nobody@example.com"

    with pytest.raises(ClientError) as refused:
        stack.client("cognito-idp").initiate_auth(
            ClientId=stack["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": "Wrong-password-1"},
        )

    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"
    assert refused.value.response["Error"]["Message"] == "Incorrect username or password."
