"""Signed requests: a small profile of RFC 9421 (HTTP Message Signatures) with Ed25519.

A client signs the method, the path and, where there is a body, the header that holds its digest (RFC 9530)
and the Idempotency-Key:

    Content-Digest: sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:
    Idempotency-Key: 0f8fad5b-d9cb-469f-a165-70867728950e
    Signature-Input: sig=("@method" "@path" "content-digest" "idempotency-key");created=1795253400;keyid="..."
    Signature: sig=:...:

`@path` is the path below the API's base URL: `/partner/orders` behind every domain and stage. Why this
profile and no other: docs/decisions/0020-partners-sign-their-requests.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

import msgspec
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COVERED = {
    "GET": ("@method", "@path"),
    "POST": ("@method", "@path", "content-digest", "idempotency-key"),
}
"""What a signature covers, by method: exactly this, in this order."""

VALID_SECONDS = 240
"""How old a signature may be; API Gateway may keep the answer for 60 s more, 5 minutes in all."""

SKEW_SECONDS = 30
"""How far the client's clock may be ahead of ours."""

_PARAMETERS = {"created": r"\d{1,12}", "keyid": r'"[A-Za-z0-9-]{1,64}"', "alg": r'"ed25519"'}
_INPUT = (
    r"(?P<label>[a-z][a-z0-9_-]{0,31})="
    r"(?P<value>\((?P<covered>[^()]*)\)(?P<parameters>(?:;[a-z]+=[A-Za-z0-9\"-]{1,66}){2,3}))"
)
# The 86th letter carries two bits: AQgw are those that leave the others 0, so a signature has one spelling.
_SIGNATURE = r"(?P<label>[a-z][a-z0-9_-]{0,31})=:(?P<bytes>[A-Za-z0-9+/]{85}[AQgw]==):"
_PATH = r"[A-Za-z0-9/_-]{1,256}"  # no character that means something in a policy or is spelt in two ways


class Signed(msgspec.Struct, frozen=True):
    """A request with a signature that is well formed and fresh; whose it is and whether it is right, not yet.

    `content_digest` and `idempotency_key` are "" where the signature does not cover them.
    """

    key_id: str
    base: bytes
    signature: bytes
    content_digest: str
    idempotency_key: str

    def is_by(self, public_keys: Iterable[str]) -> bool:
        """Tell whether one of these keys, 32 bytes in base64 each, made the signature."""
        return any(_verifies(key, self.base, self.signature) for key in public_keys)


def read(method: str, path: str, headers: Mapping[str, Sequence[str]], now: int) -> Signed | None:
    """Return the signature of a request, or None when it has none that could count.

    Parameters
    ----------
    method, path
        As in the request's first line; the path below the API's base URL.
    headers
        Each header's values. A header that counts has one.
    now
        Seconds since 1970.
    """
    fields = {name.lower(): [value.strip() for value in values] for name, values in headers.items()}
    wanted = COVERED.get(method, ())
    needed = ["signature", "signature-input", *(name for name in wanted if not name.startswith("@"))]
    if not wanted or not re.fullmatch(_PATH, path) or any(len(fields.get(name, ())) != 1 for name in needed):
        return None
    described = re.fullmatch(_INPUT, fields["signature-input"][0])
    signature = re.fullmatch(_SIGNATURE, fields["signature"][0])
    if not described or not signature or described["label"] != signature["label"]:
        return None
    parameters = _parameters(described["parameters"])
    if described["covered"] != " ".join(f'"{name}"' for name in wanted) or parameters is None:
        return None
    if not now - VALID_SECONDS <= int(parameters["created"]) <= now + SKEW_SECONDS:
        return None
    derived = {"@method": method, "@path": path}
    lines = [f'"{name}": {derived.get(name) or fields[name][0]}' for name in wanted]
    lines.append(f'"@signature-params": {described["value"]}')
    return Signed(
        key_id=parameters["keyid"],
        base="\n".join(lines).encode(),
        signature=base64.b64decode(signature["bytes"]),
        content_digest=fields.get("content-digest", [""])[0] if "content-digest" in wanted else "",
        idempotency_key=fields.get("idempotency-key", [""])[0] if "idempotency-key" in wanted else "",
    )


def _parameters(text: str) -> dict[str, str] | None:
    """Return what is said of the signature, or None unless it is when, by whom and nothing unknown."""
    found: dict[str, str] = {}
    for parameter in text.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name in found or not re.fullmatch(_PARAMETERS.get(name, r"(?!)"), value):
            return None
        found[name] = value.strip('"')
    return found if {"created", "keyid"} <= found.keys() else None


def _verifies(public_key: str, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(base64.b64decode(public_key, validate=True)).verify(message, signature)
    except (BadSignatureError, binascii.Error, ValueError):
        return False
    return True
