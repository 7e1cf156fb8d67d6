"""Ways to prove who calls, of each kind: right, wrong, missing, expired, tampered and another's.

A `Call` is a request without credentials; a proof puts some on it. `RIGHT` and `REFUSED` have the proofs of
each security scheme of the contract, so that a test goes through all operations by reading it.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest import mock

import botocore.auth
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from nacl.signing import SigningKey

from tests.login import Login, query_of
from tests.partners import Partner
from tests.stack import OUTPUTS, SECONDS, Member, Stack, claims_of

HOUR = 3600


@dataclass(frozen=True)
class Call:
    """A request that lacks nothing but credentials."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def having(self, **headers: str | None) -> Call:
        """Return the call with more headers; underscores stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        return replace(self, headers=self.headers | named)

    def send(self, url: str) -> requests.Response:
        """Send it as it stands."""
        return requests.request(
            self.method, url.rstrip("/") + self.path, data=self.body, headers=self.headers, timeout=SECONDS
        )


@dataclass(frozen=True)
class Wallet:
    """The credentials to try with.

    Attributes
    ----------
    member, stranger
        Who owns what is asked for, and who does not.
    elsewhere
        A member of another user pool.
    partner, another
        Applications of the member's and of somebody else.
    tool, powerless
        AWS credentials of staff tools, and of a role without permissions.
    """

    stack: Stack
    member: Member
    stranger: Member
    elsewhere: Member
    partner: Partner
    another: Partner
    tool: Credentials
    powerless: Credentials


Proof = Callable[[Wallet, Call], Call]


# Access tokens ---------------------------------------------------------------------------------------------


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


def pools_key(stack: Stack) -> rsa.RSAPrivateKey:
    """Return the key that the local engine signs access tokens with."""
    if not stack.on_this_machine:
        pytest.skip("only the local engine's signing key is at hand; in AWS nobody can make an expired token")
    keys = OUTPUTS.resolve().parent / "tmp/state/cognito-pool-keys"
    key = serialization.load_pem_private_key((keys / f"{stack['UserPoolId']}-access.pem").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def token(of: Callable[[Wallet], str]) -> Proof:
    """Send an access token."""
    return lambda wallet, call: call.having(Authorization=f"Bearer {of(wallet)}")


def member_token(wallet: Wallet) -> str:
    """Return the token that opens the member's operations."""
    return wallet.member.token


def expired(wallet: Wallet) -> str:
    """Return the member's own token, rightly signed, an hour past its end."""
    member, then = wallet.member, int(time.time()) - HOUR
    claims = {**member.claims, "iat": then - HOUR, "exp": then}
    return signed(header_of(member.token), claims, pools_key(wallet.stack))


def without_scopes(wallet: Wallet) -> str:
    """Return the member's token as an app gets it that asks for none of the API's scopes."""
    login = Login(wallet.stack)
    code = query_of(login.code(wallet.member, "openid"))["code"]
    granted: str = login.exchange(code, login.verifier).json()["access_token"]
    return granted


def changed(part: int) -> Callable[[Wallet], str]:
    """Return the member's token with one letter changed, in its header, its claims or its signature."""

    def made(wallet: Wallet) -> str:
        parts = wallet.member.token.split(".")
        middle = len(parts[part]) // 2
        letter = "A" if parts[part][middle] != "A" else "B"
        parts[part] = parts[part][:middle] + letter + parts[part][middle + 1 :]
        return ".".join(parts)

    return made


def for_somebody_else(wallet: Wallet) -> str:
    """Return the member's token with the stranger's name under the old signature."""
    header, _, signature = wallet.member.token.split(".")
    claims = {**wallet.member.claims, "sub": wallet.stranger.claims["sub"]}
    return f"{header}.{encoded(claims)}.{signature}"


def unsigned(wallet: Wallet) -> str:
    """Return the member's claims, and a header that asks for no signature."""
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(wallet.member.claims)}."


def signed_by_another_key(wallet: Wallet) -> str:
    """Return the member's claims under a signature of one's own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return signed(header_of(wallet.member.token), wallet.member.claims, key)


# Signatures of partners ------------------------------------------------------------------------------------


def partners(of: Callable[[Wallet], Partner], **changes: int) -> Proof:
    """Sign as a partner; `changes` are given to `Partner.signed`, `created` counted from now."""

    def prove(wallet: Wallet, call: Call) -> Call:
        given = {"created": int(time.time()) + changes["created"]} if "created" in changes else {}
        key = call.headers.get("Idempotency-Key", "")
        return call.having(**of(wallet).signed(call.method, call.path, call.body, key=key, **given))

    return prove


def partner(wallet: Wallet) -> Partner:
    """Return the member's own application."""
    return wallet.partner


def tampered_with(**headers: str | None) -> Proof:
    """Sign as the partner, then send other headers; None takes one away."""

    def prove(wallet: Wallet, call: Call) -> Call:
        proved = partners(partner)(wallet, call).having(**headers)
        without = {name.replace("_", "-") for name, value in headers.items() if value is None}
        return replace(
            proved, headers={name: value for name, value in proved.headers.items() if name not in without}
        )

    return prove


def of_another_request(wallet: Wallet, call: Call) -> Call:
    """Sign another path as the partner, and send that signature with this one."""
    proved = partners(partner)(wallet, replace(call, path=f"{call.path}x"))
    return replace(proved, path=call.path)


def of_another_body(wallet: Wallet, call: Call) -> Call:
    """Sign as the partner, and send another body; where there is none, another method's signature."""
    if call.body:
        return replace(partners(partner)(wallet, call), body=call.body.replace(b"EUR", b"USD"))
    return replace(partners(partner)(wallet, replace(call, method="POST")), method=call.method)


# Signatures of AWS credentials -----------------------------------------------------------------------------


def aws(
    of: Callable[[Wallet], Credentials], service: str = "execute-api", region: str = "", age: int = 0
) -> Proof:
    """Sign with AWS credentials, `age` seconds ago."""

    def prove(wallet: Wallet, call: Call) -> Call:
        request = AWSRequest(
            call.method, wallet.stack["OrdersApiUrl"].rstrip("/") + call.path, data=call.body, headers={}
        )
        now = vars(botocore.auth)["get_current_datetime"]
        with mock.patch.object(
            botocore.auth, "get_current_datetime", lambda **given: now(**given) - timedelta(seconds=age)
        ):
            where = region or wallet.stack["UserPoolId"].partition("_")[0]
            SigV4Auth(of(wallet), service, where).add_auth(request)
        return call.having(**dict(request.headers))

    return prove


def tool(wallet: Wallet) -> Credentials:
    """Return what staff tools sign with."""
    return wallet.tool


def with_other(part: str, value: str | None) -> Callable[[Wallet], Credentials]:
    """Return staff tools' credentials with one part made up or left out."""

    def made(wallet: Wallet) -> Credentials:
        right = wallet.tool
        parts: dict[str, Any] = {
            "key": right.access_key,
            "secret": right.secret_key,
            "token": right.token,
            part: value,
        }
        return Credentials(parts["key"], parts["secret"], parts["token"])

    return made


def signed_for_another_path(wallet: Wallet, call: Call) -> Call:
    """Sign another path with the right credentials, and send that signature with this one."""
    return replace(aws(tool)(wallet, replace(call, path=f"{call.path}x")), path=call.path)


def with_another_body(wallet: Wallet, call: Call) -> Call:
    """Sign with the right credentials, and send another body."""
    return replace(aws(tool)(wallet, call), body=call.body + b" ")


# All of them -----------------------------------------------------------------------------------------------


def nothing(_: Wallet, call: Call) -> Call:
    """Send no credentials."""
    return call


def api_key(wallet: Wallet, call: Call) -> Call:
    """Send the partner's API key, which no caller knows, and nothing else."""
    pages = wallet.stack.client("apigateway").get_paginator("get_api_keys").paginate(includeValues=True)
    (key,) = (
        key["value"] for page in pages for key in page["items"] if key["name"] == wallet.partner.partner_id
    )
    return call.having(**{"x-api-key": key})


RIGHT: dict[str, Proof] = {
    "Member": token(member_token),
    "Partner": partners(partner),
    "StaffTool": aws(tool),
}
"""By security scheme: what opens its operations."""

REFUSED: dict[str, dict[str, tuple[int, Proof]]] = {
    "Member": {
        "missing": (401, nothing),
        "expired": (401, token(expired)),
        "tampered header": (401, token(changed(0))),
        "tampered claims": (401, token(changed(1))),
        "tampered signature": (401, token(changed(2))),
        "another's name under the old signature": (401, token(for_somebody_else)),
        "no signature": (401, token(unsigned)),
        "another key's signature": (401, token(signed_by_another_key)),
        "another pool's": (401, token(lambda wallet: wallet.elsewhere.token)),
        "an id token": (401, token(lambda wallet: wallet.member.tokens["IdToken"])),
        "a refresh token": (401, token(lambda wallet: wallet.member.tokens["RefreshToken"])),
        "no token at all": (401, token(lambda _: "a.b.c")),
        "empty": (401, token(lambda _: "")),
        "too long": (401, token(lambda _: "A" * 9000)),
        "without the scope": (401, token(without_scopes)),
        "a partner's signature": (401, partners(partner)),
        "AWS credentials": (401, aws(tool)),
        "an API key": (401, api_key),
    },
    "Partner": {
        "missing": (401, nothing),
        "no signature": (401, tampered_with(Signature=None)),
        "no word of what is signed": (401, tampered_with(Signature_Input=None)),
        "expired": (403, partners(partner, created=-300)),
        "expired long ago": (403, partners(partner, created=-86400)),
        "ahead of time": (403, partners(partner, created=120)),
        "another key": (403, partners(lambda wallet: replace(wallet.partner, key=SigningKey.generate()))),
        "another partner's name": (
            403,
            partners(lambda wallet: replace(wallet.partner, partner_id=wallet.another.partner_id)),
        ),
        "nobody's name": (
            403,
            partners(lambda wallet: replace(wallet.partner, partner_id=f"no-{secrets.token_hex(8)}")),
        ),
        "tampered path": (403, of_another_request),
        "tampered request": (403, of_another_body),
        "tampered signature": (403, tampered_with(Signature=f"sig=:{encoded(bytes(64))}==:")),
        "tampered word of what is signed": (403, tampered_with(Signature_Input="sig=()")),
        "an access token": (401, token(member_token)),
        "AWS credentials": (401, aws(tool)),
        "an API key": (401, api_key),
    },
    "StaffTool": {
        # To who does not sign, the door looks as if it were not there.
        "missing": (404, nothing),
        "expired": (403, aws(tool, age=HOUR)),
        "ahead of time": (403, aws(tool, age=-HOUR)),
        "nobody's key": (403, aws(lambda _: Credentials("AKIAFORGED", "forged"))),
        "a wrong secret": (403, aws(with_other("secret", "wrong" * 8))),
        "a wrong session": (403, aws(with_other("token", "forged"))),
        "no session": (403, aws(with_other("token", None))),
        "a role without the permission": (403, aws(lambda wallet: wallet.powerless)),
        "tampered path": (403, signed_for_another_path),
        "tampered body": (403, with_another_body),
        "signed for another service": (403, aws(tool, service="s3")),
        "signed for another Region": (403, aws(tool, region="ap-southeast-2")),
        "an access token": (403, token(member_token)),
        "a partner's signature": (404, partners(partner)),
        "an API key": (404, api_key),
    },
}
"""By security scheme: what does not open its operations, and the status that says so."""
