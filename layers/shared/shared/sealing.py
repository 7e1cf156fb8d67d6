"""Personal data that is kept is sealed first: anybody here can close it, nobody here can open it.

A sealed box (libsodium: X25519, XSalsa20, Poly1305) takes the public half of a key pair only. The private
half is with the people who may read what is in it, outside of the application and of the account
(docs/decisions/0022-contacts-are-sealed.md).
"""

from __future__ import annotations

import base64

import msgspec
from nacl.public import PublicKey, SealedBox


def seal(public_key: str, subject: str, text: str) -> str:
    """Return `text` so that only the holder of the private key can read it.

    Parameters
    ----------
    public_key
        An X25519 public key, 32 bytes in base64.
    subject
        Whose it is. It is sealed in, so that a box moved to another's record is found out when it is opened.
    text
        What to hide.
    """
    box = SealedBox(PublicKey(base64.b64decode(public_key, validate=True)))
    return base64.b64encode(box.encrypt(msgspec.json.encode([subject, text]))).decode()
