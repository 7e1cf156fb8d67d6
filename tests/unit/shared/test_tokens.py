"""Access tokens: what the pool signed is believed, and nothing else."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from shared.tokens import LONGEST, SECONDS_BETWEEN_FETCHES, Tokens

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a1B2c3D4e"
NOW = 1_795_253_400
KEYS = {kid: rsa.generate_private_key(public_exponent=65537, key_size=2048) for kid in ("one", "two")}
CLAIMS = {
    "sub": "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f",
    "iss": ISSUER,
    "token_use": "access",
    "exp": NOW + 3600,
    "tier": "premium",
    "cognito:groups": ["members", "premium"],
    "scope": "orders/read",
}


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def published(*kids: str, **changes: str) -> bytes:
    def number(value: int) -> str:
        return encoded(value.to_bytes((value.bit_length() + 7) // 8))

    rows = []
    for kid in kids:
        told = KEYS[kid].public_key().public_numbers()
        row = {
            "kid": kid,
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "n": number(told.n),
            "e": number(told.e),
        }
        rows.append({**row, **changes})
    return json.dumps({"keys": rows}).encode()


def token(claims: Any = CLAIMS, header: Any = None, key: rsa.RSAPrivateKey = KEYS["one"]) -> str:
    header = {"alg": "RS256", "kid": "one"} if header is None else header
    text = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class Pool:
    """A pool's published keys, and a clock."""

    def __init__(self, *kids: str) -> None:
        self.kids, self.fetches, self.now = kids, 0, float(NOW)

    def fetch(self) -> bytes:
        self.fetches += 1
        return published(*self.kids)

    @property
    def tokens(self) -> Tokens:
        return Tokens(ISSUER, self.fetch, lambda: self.now)


GOOD = token()


def test_what_the_pool_signed_is_believed() -> None:
    claims = Pool("one", "two").tokens.claims(GOOD)

    assert claims is not None
    assert (claims.sub, claims.tier, claims.groups) == (CLAIMS["sub"], "premium", ["members", "premium"])


def test_a_member_of_no_group_is_free() -> None:
    plain = {name: value for name, value in CLAIMS.items() if name not in {"tier", "cognito:groups"}}

    claims = Pool("one").tokens.claims(token(plain))

    assert claims is not None
    assert (claims.tier, claims.groups) == ("free", [])


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": "never"},
        {"exp": -1},
        {"iss": ISSUER + "x"},
        {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other"},
        {"token_use": "id"},
        {"sub": None},
        {"cognito:groups": "staff"},
    ],
    ids=str,
)
def test_a_claim_that_does_not_fit_is_refused(changed: dict[str, Any]) -> None:
    assert Pool("one").tokens.claims(token({**CLAIMS, **changed})) is None


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": "one"},
        {"alg": "HS256", "kid": "one"},
        {"alg": "RS512", "kid": "one"},
        {"alg": "RS256", "kid": "two"},
        {"alg": "RS256", "kid": "unknown"},
        {"alg": "RS256"},
        {},
        [],
    ],
    ids=str,
)
def test_a_header_that_does_not_fit_is_refused(header: Any) -> None:
    assert Pool("one", "two").tokens.claims(token(header=header)) is None


def test_another_key_under_the_same_name_is_refused() -> None:
    assert Pool("one").tokens.claims(token(key=KEYS["two"])) is None


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
def test_no_letter_of_a_token_can_be_changed(at: int, letter: str) -> None:
    changed = GOOD[:at] + letter + GOOD[at + 1 :]

    assert (Pool("one").tokens.claims(changed) is not None) == (changed == GOOD)


def test_the_bits_that_a_signatures_last_letter_has_to_spare_are_none() -> None:
    for letter in "BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        changed = GOOD[:-1] + letter
        assert (Pool("one").tokens.claims(changed) is not None) == (changed == GOOD)


@given(st.text(max_size=100) | st.lists(st.text(max_size=20), min_size=3, max_size=3).map(".".join))
def test_what_is_no_token_is_refused_and_no_fault(text: str) -> None:
    assert Pool("one").tokens.claims(text) is None


@pytest.mark.parametrize(
    "text", [GOOD + "=", GOOD + ".", "." + GOOD, " " + GOOD, GOOD.replace(".", "..", 1), "x" * (LONGEST + 1)]
)
def test_a_token_has_one_spelling(text: str) -> None:
    assert Pool("one").tokens.claims(text) is None


@given(st.binary(min_size=256, max_size=256))
def test_a_signature_of_chance_is_refused(signature: bytes) -> None:
    assert Pool("one").tokens.claims(f"{GOOD.rpartition('.')[0]}.{encoded(signature)}") is None


HASHES = [hashes.SHA1(), hashes.SHA512()]  # noqa: S303 - to be refused


@pytest.mark.parametrize("hashed", HASHES, ids=["sha1", "sha512"])
def test_another_hash_is_refused(hashed: hashes.HashAlgorithm) -> None:
    text = GOOD.rpartition(".")[0]

    signature = KEYS["one"].sign(text.encode(), padding.PKCS1v15(), hashed)

    assert Pool("one").tokens.claims(f"{text}.{encoded(signature)}") is None


def test_padding_by_pss_is_refused() -> None:
    text = GOOD.rpartition(".")[0]

    signature = KEYS["one"].sign(
        text.encode(), padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()
    )

    assert Pool("one").tokens.claims(f"{text}.{encoded(signature)}") is None


def test_a_short_padding_with_rest_after_the_digest_is_refused() -> None:
    """Bleichenbacher's forgery fools who takes the padding apart; here it is made with the key itself."""
    text, numbers = GOOD.rpartition(".")[0], KEYS["one"].private_numbers()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(text.encode())
    info = bytes.fromhex("3031300d060960864801650304020105000420") + digest.finalize()
    block = b"\x00\x01" + b"\xff" * 8 + b"\x00" + info
    block += b"\x00" * (256 - len(block))
    forged = pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(256)

    assert Pool("one").tokens.claims(f"{text}.{encoded(forged)}") is None


def test_a_signature_that_is_greater_than_the_modulus_is_refused() -> None:
    text, _, signature = GOOD.rpartition(".")
    number = int.from_bytes(base64.urlsafe_b64decode(signature + "=="))
    greater = number + KEYS["one"].public_key().public_numbers().n
    if greater.bit_length() > 2048:
        pytest.skip("this key's modulus leaves no room for another spelling")

    assert Pool("one").tokens.claims(f"{text}.{encoded(greater.to_bytes(256))}") is None


def test_a_weak_key_is_not_believed() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused
    told = weak.public_key().public_numbers()
    row = {"kid": "one", "kty": "RSA", "n": encoded(told.n.to_bytes(128)), "e": "AQAB"}
    keys = json.dumps({"keys": [row]}).encode()

    assert Tokens(ISSUER, lambda: keys, lambda: NOW).claims(token(key=weak)) is None


@given(st.binary(max_size=64))
def test_it_agrees_with_a_library(message: bytes) -> None:
    claims = {**CLAIMS, "note": message.hex()}
    signed = token(claims)
    text, _, signature = signed.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")

    KEYS["one"].public_key().verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA256())

    assert Pool("one").tokens.claims(signed) is not None


class TestKeys:
    """The pool's keys are fetched when they are needed, and not for every stranger's name of one."""

    def test_once_for_many_tokens(self) -> None:
        pool = Pool("one")
        tokens = pool.tokens

        for _ in range(3):
            assert tokens.claims(GOOD) is not None
        assert pool.fetches == 1

    def test_not_at_all_for_what_is_no_token(self) -> None:
        pool = Pool("one")

        pool.tokens.claims("x.y.z")

        assert pool.fetches == 0

    def test_again_for_a_key_that_came_later(self) -> None:
        pool = Pool("one")
        tokens = pool.tokens
        later = token(header={"alg": "RS256", "kid": "two"}, key=KEYS["two"])
        assert tokens.claims(GOOD) is not None

        pool.kids = ("two",)
        assert tokens.claims(later) is None  # within a minute of the last look
        pool.now += SECONDS_BETWEEN_FETCHES

        assert tokens.claims(later) is not None
        assert tokens.claims(GOOD) is None
        assert pool.fetches == 2

    def test_what_cannot_be_fetched_is_a_fault_and_no_refusal(self) -> None:
        def down() -> bytes:
            raise OSError("no route")

        with pytest.raises(OSError, match="no route"):
            Tokens(ISSUER, down, lambda: NOW).claims(GOOD)
