"""Idempotency of creating requests: the first try's outcome is claimed, every retry gets the same.

A claim is one conditional write. It fixes, under the caller's key, everything about the outcome that is not
in the request itself: the new id, the time. Whoever holds the claim, the first try or a retry, then does the
same work with it, and that work is written so that a second time changes nothing (a put on the condition that
the id is not there yet).

That is what makes it safe to crash anywhere. Before the claim: nothing happened. Between the claim and the
work: the retry finds the claim and does the work, under the id that was promised (roll-forward; there is no
"in progress" that could lock a key until it expires). After the work: the retry finds both and answers the
same. Two tries at the same moment: DynamoDB lets one claim, and both carry out the same outcome.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Annotated, TypeAlias

import msgspec

from shared.problems import FieldError, UnprocessableContent

if TYPE_CHECKING:
    from shared.items import Item
    from shared.tables import Table

IdempotencyKey: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]
"""The header Idempotency-Key, as every operation that takes it reads it."""

WINDOW = 24 * 60 * 60  # seconds for which a key is remembered


class KeyReused(UnprocessableContent):
    """The Idempotency-Key was used before with another body."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used before for another request. Use a new key for a new request.",
            [FieldError("Idempotency-Key", "was used before with another body")],
        )


def fingerprint(body: msgspec.Struct) -> str:
    """Return a hash of what `body` means: the same for any order of keys, white space and escapes."""
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


def claim(table: Table, key: str, body_hash: str, outcome: Item, window: int = WINDOW) -> Item:
    """Return the outcome that belongs to `key`: `outcome`, or the one that an earlier try claimed.

    Parameters
    ----------
    table
        Holds a record per key: `id` (partition key), `body_hash`, `outcome` and `expires_at`, the table's TTL
        attribute, in seconds since 1970.
    key
        Names one request of one caller to one operation: `member#operation#key`.
    body_hash
        The `fingerprint` of the request's body.
    outcome
        What a first try will carry out: a new id, the time.
    window
        For how many seconds the key is remembered.

    Raises
    ------
    KeyReused
        When the key is remembered for another body.
    """
    now = int(time.time())
    record: Item = {"id": key, "body_hash": body_hash, "outcome": outcome, "expires_at": now + window}
    # DynamoDB deletes an expired item within days, not seconds: until then the condition counts it as gone.
    earlier = table.put_if("attribute_not_exists(id) OR expires_at <= :now", record, {":now": now})
    if earlier is None:
        return outcome
    if earlier["body_hash"] != body_hash:
        raise KeyReused
    first: Item = earlier["outcome"]
    return first
