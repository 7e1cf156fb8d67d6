"""Signing in: by password, by SRP, and through the managed login with a code and PKCE."""

from __future__ import annotations

import secrets

import pytest
from botocore.exceptions import ClientError

from tests.login import REDIRECT, Login, query_of, token_by_srp
from tests.stack import ORDER, Member, OrdersApi, Stack, claims_of


def test_srp_signs_in_without_sending_the_password(stack: Stack, member: Member) -> None:
    token = token_by_srp(stack, member)

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


def test_the_managed_login_gives_a_code_that_its_verifier_changes_for_tokens(
    stack: Stack, member: Member
) -> None:
    login = Login(stack)

    back = login.code(member, "openid orders/read")
    tokens = login.exchange(query_of(back)["code"], login.verifier).json()

    assert back.headers["Location"].startswith(REDIRECT)
    assert query_of(back)["state"] == "the app's own"
    assert claims_of(tokens["access_token"])["sub"] == member.claims["sub"]
    assert OrdersApi(stack["OrdersApiUrl"], tokens["access_token"]).list().status_code == 200


def test_a_token_carries_the_scopes_that_were_asked_for_and_no_more(stack: Stack, member: Member) -> None:
    login = Login(stack)

    code = query_of(login.code(member, "openid orders/read"))["code"]
    token = login.exchange(code, login.verifier).json()["access_token"]

    assert set(claims_of(token)["scope"].split()) == {"openid", "orders/read"}
    assert OrdersApi(stack["OrdersApiUrl"], token).create(ORDER).status_code in {401, 403}


def test_a_stolen_code_is_worth_nothing_without_its_verifier(stack: Stack, member: Member) -> None:
    login = Login(stack)
    code = query_of(login.code(member, "openid orders/read"))["code"]

    stolen = login.exchange(code, secrets.token_urlsafe(48))

    assert stolen.status_code == 400
    assert stolen.json()["error"] == "invalid_grant"


def test_a_code_serves_once(stack: Stack, member: Member) -> None:
    login = Login(stack)
    code = query_of(login.code(member, "openid orders/read"))["code"]
    login.exchange(code, login.verifier)

    again = login.exchange(code, login.verifier)

    assert again.status_code == 400


def test_the_login_sends_nobody_to_an_address_that_is_not_the_apps(stack: Stack, member: Member) -> None:
    refused = Login(stack).code(member, "openid", redirect="https://example.org/")

    assert refused.status_code in {400, 302}
    assert "example.org" not in refused.headers.get("Location", "")


def test_an_id_token_gives_aws_credentials_of_the_members_role(stack: Stack, member: Member) -> None:
    caller = member.aws("sts").get_caller_identity()["Arn"]

    role = stack.physical_id("identity", "MemberRole")
    assert caller.endswith(f":assumed-role/{role}/CognitoIdentityCredentials")


def test_the_members_credentials_reach_nothing_that_no_service_opened(stack: Stack, member: Member) -> None:
    orders = stack.physical_id("orders", "OrdersTable")

    with pytest.raises(ClientError) as refused:
        member.aws("dynamodb").scan(TableName=orders)

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_tampered_id_token_gives_no_credentials(stack: Stack, member: Member) -> None:
    head, claims, signature = member.tokens["IdToken"].split(".")
    stranger = Member(stack, member.email, member.password)
    vars(stranger)["tokens"] = {"IdToken": f"{head}.{claims}.{signature[::-1]}"}

    with pytest.raises(ClientError) as refused:
        stranger.aws("sts")

    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"
