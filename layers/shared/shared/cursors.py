"""Cursors of paged lists: opaque, tamper-evident and good for one caller of one operation.

A cursor carries the position at which a page ended. It grants nothing: the query behind it is always bound to
the caller's own partition, whatever the cursor says. The signature is there so that a list never starts from
a position that this service did not give out (docs/decisions/0011-cursors-are-signed.md).

The text is base64url of: one version byte, the HMAC-SHA256 (32 bytes), the position as JSON.
"""

from __future__ import annotations

import binascii
import hmac
from typing import TypeAlias

import msgspec

from shared.problems import BadRequest, FieldError

Position: TypeAlias = dict[str, str | int]

_VERSION = b"\x01"
_MAC_BYTES = 32
_MAX_LENGTH = 4096  # a DynamoDB key has at most 3 KB
_MIN_KEY = 16
_position = msgspec.json.Decoder(Position)


class Cursors:
    """Issues and reads the cursors of one operation.

    Parameters
    ----------
    key
        Key material, at least 16 characters. Another key makes every earlier cursor unreadable, no more.
    operation
        The operation's id in its contract; a cursor of one operation is refused by every other.
    """

    def __init__(self, key: str, operation: str) -> None:
        if len(key) < _MIN_KEY:
            raise ValueError(f"a cursor key has at least {_MIN_KEY} characters")
        # A key of its own for this use and this version, whatever else the material may be used for.
        self._key = hmac.digest(key.encode(), b"cursor" + _VERSION, "sha256")
        self._operation = operation

    def issue(self, caller: str, position: Position) -> str:
        """Return the cursor that lets `caller` go on after `position`, the last item's key.

        Of a list that is everybody's, `caller` is what tells it from the operation's other lists.
        """
        payload = msgspec.json.encode(position)
        return _encode(_VERSION + self._mac(caller, payload) + payload)

    def read(self, caller: str, cursor: str) -> Position:
        """Return the position in `cursor`.

        Raises
        ------
        BadRequest
            When this operation did not issue the cursor to this caller, as it stands.
        """
        raw = _decode(cursor)
        version, mac, payload = raw[:1], raw[1 : 1 + _MAC_BYTES], raw[1 + _MAC_BYTES :]
        if version != _VERSION or not hmac.compare_digest(mac, self._mac(caller, payload)):
            raise _bad_cursor()
        return _position.decode(payload)

    def _mac(self, caller: str, payload: bytes) -> bytes:
        # Lengths in front, so that no two contexts can run into the same bytes.
        context = b"".join(
            len(part).to_bytes(4) + part for part in (self._operation.encode(), caller.encode())
        )
        return hmac.digest(self._key, context + payload, "sha256")


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def _encode(raw: bytes) -> str:
    """Return base64url text without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL, b"=").decode()


def _decode(cursor: str) -> bytes:
    """Return the bytes of a cursor; other spellings of the same bytes are refused."""
    if len(cursor) > _MAX_LENGTH or not cursor.isascii():
        raise _bad_cursor()
    try:
        raw = binascii.a2b_base64(cursor.encode().translate(_FROM_URL) + b"=" * (-len(cursor) % 4))
    except binascii.Error:
        raise _bad_cursor() from None
    if _encode(raw) != cursor:
        raise _bad_cursor()
    return raw


def _bad_cursor() -> BadRequest:
    return BadRequest(
        "The cursor is not one that this list gave out to you. Start again without it.",
        [FieldError("cursor", "is not a cursor of this list")],
    )
