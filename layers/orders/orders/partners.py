"""Partners: applications that a member lets place orders for the member's account, without the member there.

PartnersTable holds one item a member, under `partner_id`, the member's Cognito `sub`. What a partner orders
is the member's: both reach the same partition of OrdersTable, by the same code.

The index ByRegistration lists all of them for staff, in one partition: it takes a thousand registrations a
second. It has what staff see and nothing else.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec

from orders import listing
from shared.clock import now
from shared.problems import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.http import Caller
    from shared.items import Item
    from shared.metering import Metering
    from shared.signatures import Signed
    from shared.tables import Table

Plan: TypeAlias = Literal["trial", "standard"]
PublicKey: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]{43}=\Z")]
# Two, so that one can take over from the other without a moment in which neither is good.
SigningKeys: TypeAlias = Annotated[list[PublicKey], msgspec.Meta(min_length=1, max_length=2)]
# Without controls and U+FEFF, \s is the same to Python as to JSON Schema, whose patterns are ECMAScript's.
WORD = r"[^@\s\x00-\x1f\x7f-\x9f\ufeff]"
LISTED = ("list", "PARTNERS")


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member tells of the application; `signing_keys` are Ed25519 public keys, 32 bytes in base64."""

    application: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    purpose: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    contact: Annotated[str, msgspec.Meta(pattern=rf"^{WORD}{{1,64}}@{WORD}{{1,185}}\Z")]
    signing_keys: SigningKeys


class Partner(msgspec.Struct, frozen=True):
    """A partner as its member sees it; `contact_kept` tells whether the contact is in the record, sealed."""

    partner_id: str
    application: str
    purpose: str
    contact_kept: bool
    signing_keys: list[str]
    plan: Plan


class RegisteredPartner(msgspec.Struct, frozen=True):
    """A partner as staff see it; `registered_at` in UTC, ISO 8601, of the first time."""

    partner_id: str
    application: str
    purpose: str
    plan: Plan
    registered_at: str
    revoked: bool


class PartnerPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some of the partners, the latest first; no `next_cursor` at the end."""

    items: list[RegisteredPartner]
    next_cursor: str | None = None


class Record(msgspec.Struct, frozen=True):
    """A partner as it is stored. `metering_key` names it to API Gateway; a change raises `revision`."""

    partner_id: str
    application: str
    purpose: str
    sealed_contact: str
    signing_keys: list[str]
    plan: Plan
    metering_key: str
    registered_at: str
    revoked: bool
    revision: int

    def shown(self) -> Partner:
        """Return what the member gets to see."""
        return Partner(
            partner_id=self.partner_id,
            application=self.application,
            purpose=self.purpose,
            contact_kept=bool(self.sealed_contact),
            signing_keys=self.signing_keys,
            plan=self.plan,
        )


class Revoked(Conflict):
    """Staff has revoked the partner: its member cannot bring it back."""

    def __init__(self) -> None:
        super().__init__("This partner was revoked. Please write to the marketplace.")


class ChangedMeanwhile(Conflict):
    """Two changes met."""

    def __init__(self) -> None:
        super().__init__("The partner was changed at the same moment. Please try again.")


class PartnerNotFound(NotFound):
    """Nobody has registered this partner."""

    def __init__(self) -> None:
        super().__init__("There is no such partner.")


class Partners:
    """The records of all partners.

    Parameters
    ----------
    table
        PartnersTable, or a fake with its `get`, `put_if` and `query`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, partner_id: str) -> Record | None:
        """Return a partner as it is now. One strongly consistent GetItem."""
        item = self._table.get({"partner_id": partner_id}, consistent=True)
        return None if item is None else msgspec.convert(item, Record)

    def put(self, record: Record) -> None:
        """Keep `record` in place of the revision before it. One PutItem.

        Raises
        ------
        ChangedMeanwhile
            When another revision came in between.
        """
        before = {":before": record.revision - 1}
        condition = "attribute_not_exists(partner_id) OR revision = :before"
        item = {**msgspec.to_builtins(record), LISTED[0]: LISTED[1]}
        if self._table.put_if(condition, item, before) is not None:
            raise ChangedMeanwhile

    def page(self, limit: int, after: Item | None = None) -> tuple[list[RegisteredPartner], Item | None]:
        """Return up to `limit` partners, the latest first. One Query.

        Parameters
        ----------
        limit
            How many at most, 1 to 100.
        after
            What the page before told.

        Returns
        -------
        The partners, and the last one's place, or None when there are no more.
        """
        place = ("registered_at", "partner_id")
        items, last = listing.page(
            self._table, "ByRegistration", LISTED, place=place, limit=limit, after=after, newest_first=True
        )
        return msgspec.convert(items, list[RegisteredPartner]), last


def register(
    caller: Caller,
    wanted: Registration,
    partners: Partners,
    metering: Metering,
    seal: Callable[[str, str], str],
) -> tuple[Partner, bool]:
    """Register the caller's application, or change what is registered; tell whether it is a fresh one.

    The plan follows the member's tier. The record comes first, then API Gateway's key: a try that dies
    between leaves a partner whose requests are refused, and the next try finishes it.

    Parameters
    ----------
    caller
        The member.
    wanted
        What the record is to say. Signing keys that are not in it are good no more.
    partners, metering
        Where partners are kept, and where their requests are counted.
    seal
        Makes, of the partner's id and the contact, what is kept of the contact.

    Raises
    ------
    Revoked
        When staff has revoked the partner.
    ChangedMeanwhile
        When another change came in between.
    """
    before = partners.get(caller.id)
    if before is not None and before.revoked:
        raise Revoked
    record = Record(
        partner_id=caller.id,
        application=wanted.application,
        purpose=wanted.purpose,
        sealed_contact=seal(caller.id, wanted.contact),
        signing_keys=wanted.signing_keys,
        plan="standard" if caller.tier == "premium" else "trial",
        metering_key=before.metering_key if before else secrets.token_hex(20),
        registered_at=before.registered_at if before else now(),
        revoked=False,
        revision=before.revision + 1 if before else 1,
    )
    partners.put(record)
    metering.count(record.partner_id, record.metering_key, record.plan)
    return record.shown(), before is None


def revoke(partner_id: str, partners: Partners, metering: Metering) -> None:
    """End a partner for good: no key of its counts any more, and the contact is forgotten.

    Raises
    ------
    PartnerNotFound
        When there is no such partner.
    ChangedMeanwhile
        When another change came in between.
    """
    record = partners.get(partner_id)
    if record is None:
        raise PartnerNotFound
    if not record.revoked:
        partners.put(
            msgspec.structs.replace(
                record, revoked=True, signing_keys=[], sealed_contact="", revision=record.revision + 1
            )
        )
    metering.forget(partner_id)


def recognise(signed: Signed | None, partners: Partners) -> Record | None:
    """Return the partner who signed a request, or None when nobody that may did. At most one GetItem."""
    if signed is None:
        return None
    record = partners.get(signed.key_id)
    return record if record and not record.revoked and signed.is_by(record.signing_keys) else None
