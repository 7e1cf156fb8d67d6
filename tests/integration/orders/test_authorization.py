"""Cognito tokens at the orders API: right, missing, expired, tampered, and another pool's."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.stack import ORDER, OUTPUTS, Member, OrdersApi, Stack, claims_of


def encoded(part: dict[str, Any] | bytes) -> str:
    """Return one part of a JSON Web Token."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def header_of(token: str) -> dict[str, Any]:
    """Return a token's header."""
    return claims_of("." + token.partition(".")[0])


def signed(header: dict[str, Any], claims: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
    """Return a token that is signed with `key`."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@pytest.fixture(scope="module")
def other_pool(stack: Stack) -> Iterator[Member]:
    """A member of a user pool that the API does not know, with the same scopes' names out of reach."""
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


@pytest.fixture
def expired(stack: Stack, member: Member) -> str:
    """The member's own token, rightly signed, an hour past its end."""
    if not stack.on_this_machine:
        pytest.skip("only the local engine's signing key is at hand; in AWS nobody can make an expired token")
    keys = OUTPUTS.resolve().parent / "tmp/state/cognito-pool-keys"
    pem = (keys / f"{stack['UserPoolId']}-access.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    still_good = signed(header_of(member.token), member.claims, key)
    assert OrdersApi(stack["OrdersApiUrl"], still_good).list().status_code == 200
    hour_ago = int(time.time()) - 3600
    return signed(header_of(member.token), {**member.claims, "iat": hour_ago - 3600, "exp": hour_ago}, key)


def assert_unauthorized(stack: Stack, token: str | None) -> None:
    """Assert that no operation lets this token in, and that none says why in detail."""
    api = OrdersApi(stack["OrdersApiUrl"], token)
    for answer in (api.create(ORDER), api.get("0190b2c4-7f7e-7c3a-8000-000000000000"), api.list()):
        assert answer.status_code == 401, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 401
        assert "WWW-Authenticate" in answer.headers


def test_a_right_token_is_let_in(stack: Stack, member: Member) -> None:
    assert OrdersApi(stack["OrdersApiUrl"], member.token).list().status_code == 200


def test_a_missing_token_is_refused(stack: Stack) -> None:
    assert_unauthorized(stack, None)


def test_an_expired_token_is_refused(stack: Stack, expired: str) -> None:
    assert_unauthorized(stack, expired)


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
def test_a_tampered_token_is_refused(stack: Stack, member: Member, part: int) -> None:
    parts = member.token.split(".")
    middle = len(parts[part]) // 2
    letter = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + letter + parts[part][middle + 1 :]

    assert_unauthorized(stack, ".".join(parts))


def test_a_token_for_somebody_else_under_the_old_signature_is_refused(
    stack: Stack, member: Member, stranger: Member
) -> None:
    header, _, signature = member.token.split(".")

    assert_unauthorized(
        stack, f"{header}.{encoded({**member.claims, 'sub': stranger.claims['sub']})}.{signature}"
    )


def test_a_token_without_a_signature_is_refused(stack: Stack, member: Member) -> None:
    assert_unauthorized(stack, f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(member.claims)}.")


def test_a_token_that_another_key_signed_is_refused(stack: Stack, member: Member) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert_unauthorized(stack, signed(header_of(member.token), member.claims, key))


def test_another_pools_token_is_refused(stack: Stack, other_pool: Member) -> None:
    assert_unauthorized(stack, other_pool.token)


def test_an_id_token_is_refused_where_an_access_token_is_asked_for(stack: Stack, member: Member) -> None:
    assert_unauthorized(stack, member.tokens["IdToken"])


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "." * 3, "null", "A" * 9000],
    ids=["empty", "x", "parts", "dots", "null", "long"],
)
def test_what_is_no_token_is_refused(stack: Stack, token: str) -> None:
    assert_unauthorized(stack, token)


def test_a_signed_out_member_is_told_nothing_of_the_reason(stack: Stack) -> None:
    answer = OrdersApi(stack["OrdersApiUrl"], "a.b.c").list()

    assert "pool" not in answer.text.lower()
    assert "signature" not in answer.text.lower()
