"""Access tokens of a user pool: JSON Web Tokens (RFC 7519), signed by RS256.

Where API Gateway's own authorizer cannot be used, this says what it would: whether the pool issued the token,
and what it claims. The rules are Cognito's:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html

Why this is not a library's: docs/decisions/0033-tokens-without-a-library.md.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Annotated

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 8192
"""No header that API Gateway takes is longer."""
ACCESS = "access"
SECONDS_TO_FETCH = 3
SECONDS_BETWEEN_FETCHES = 60
_LEAST_MODULUS = 2048
_EXPONENTS = ("AQAB",)  # 65537: what every RSA key of today has
# RFC 8017, section 9.2, note 1: what comes before a SHA-256 digest.
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class Claims(msgspec.Struct, frozen=True):
    """What a token claims, as far as it is read here; `exp` in seconds since 1970."""

    sub: str
    iss: str
    token_use: str
    exp: Annotated[int, msgspec.Meta(ge=0)]
    tier: str = "free"
    groups: list[str] = msgspec.field(default_factory=list, name="cognito:groups")


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str


class _Key(msgspec.Struct, frozen=True):
    kid: str
    kty: str
    n: str
    e: str


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[_Key]


class Tokens:
    """Reads the access tokens of one user pool.

    Parameters
    ----------
    issuer
        The pool's URL, as its tokens name it: `https://cognito-idp.{region}.amazonaws.com/{pool}`.
    fetch
        Returns the pool's keys: the body of `{pool}/.well-known/jwks.json`. It is called at the first token,
        and for a key that is not known, once in SECONDS_BETWEEN_FETCHES at most.
    clock
        Returns the time in seconds since 1970.
    """

    def __init__(self, issuer: str, fetch: Callable[[], bytes], clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._moduli: dict[str, int] = {}
        self._fetched = float("-inf")

    def claims(self, token: str) -> Claims | None:
        """Return what an access token of the pool claims; None for everything that is not a good one."""
        if len(token) > LONGEST:
            return None
        text, _, signature = token.rpartition(".")
        header, _, payload = text.partition(".")  # a third dot is in the payload, and no base64url
        try:
            said = msgspec.json.decode(_decoded(header), type=_Header)
            claims = msgspec.json.decode(_decoded(payload), type=Claims)
            raw = _decoded(signature)
        except (ValueError, RecursionError):  # msgspec's and binascii's errors are ValueErrors
            return None
        if said.alg != "RS256":
            return None
        modulus = self._modulus(said.kid)
        if modulus is None or not _verifies(modulus, text.encode(), raw):
            return None
        good = claims.iss == self._issuer and claims.token_use == ACCESS and claims.exp > self._clock()
        return claims if good else None

    def _modulus(self, kid: str) -> int | None:
        if kid not in self._moduli and self._clock() - self._fetched >= SECONDS_BETWEEN_FETCHES:
            keys = msgspec.json.decode(self._fetch(), type=_KeySet).keys
            self._fetched = self._clock()
            self._moduli = {
                key.kid: int.from_bytes(_decoded(key.n))
                for key in keys
                if key.kty == "RSA" and key.e in _EXPONENTS
            }
        return self._moduli.get(kid)


def published(url: str) -> bytes:
    """Return what a URL of the pool's answers; the caller's own, never one that a token names."""
    import urllib.request  # noqa: PLC0415 - who has no token to read needs none of it

    with urllib.request.urlopen(url, timeout=SECONDS_TO_FETCH) as answer:  # noqa: S310 - see above
        body: bytes = answer.read()
    return body


def _verifies(modulus: int, message: bytes, signature: bytes) -> bool:
    """Tell whether the key made the signature: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2.2).

    The encoded message is made anew and compared whole; nothing of the signature's padding is parsed.
    """
    length = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature)
    if modulus.bit_length() < _LEAST_MODULUS or len(signature) != length or number >= modulus:
        return False
    digest = _SHA256_INFO + hashlib.sha256(message).digest()
    expected = b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
    return hmac.compare_digest(pow(number, 65537, modulus).to_bytes(length), expected)


_FROM_URL = bytes.maketrans(b"-_", b"+/")


def _decoded(text: str) -> bytes:
    """Return the bytes of base64url text without padding; raise ValueError for any other spelling of them."""
    if "+" in text or "/" in text or "=" in text:
        raise ValueError("not base64url")
    standard = text.encode("ascii").translate(_FROM_URL)
    raw = binascii.a2b_base64(standard + b"=" * (-len(text) % 4), strict_mode=True)
    if binascii.b2a_base64(raw, newline=False).rstrip(b"=") != standard:
        raise ValueError("bits that say nothing are set")
    return raw
