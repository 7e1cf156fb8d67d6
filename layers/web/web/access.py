"""Who may see and change what of the catalogue, and for how long an answer may be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from shared.problems import FieldError, Forbidden, PreconditionRequired
from web.models import Category, Search
from web.repository import ProductNotFound

if TYPE_CHECKING:
    from shared.http import Caller
    from web.models import Product

STAFF = "staff"
# What visitors see is the same for all, and a minute old at most: in CloudFront, not in their browsers.
SHARED = {"Cache-Control": "public, max-age=0, s-maxage=60", "Vary": "Authorization"}
OWN = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query parameters of a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)] | None = None
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None = None
    category: Category | None = None
    active: bool = True

    def search(self, caller: Caller | None) -> Search:
        """Return what is looked for.

        Raises
        ------
        Forbidden
            When it is what was withdrawn, and the caller is not of the staff.
        """
        if not self.active and not is_staff(caller):
            raise Forbidden("Only staff see what was withdrawn.", [FieldError("active", "has to be true")])
        return Search(self.name or "", self.category or "", self.active)


class Conditions(msgspec.Struct, frozen=True):
    """The headers by which a client says what it knows (RFC 9110, section 13.1)."""

    if_match: Annotated[str, msgspec.Meta(pattern=r'^(\*|(W/)?"[!#-~]{0,100}")\Z')] | None = None
    if_none_match: Annotated[str, msgspec.Meta(max_length=1024)] = ""


def is_staff(caller: Caller | None) -> bool:
    """Tell whether the caller has signed in and is of the staff."""
    return caller is not None and STAFF in caller.groups


def staff_only(caller: Caller) -> None:
    """Raise Forbidden for everybody else."""
    if not is_staff(caller):
        raise Forbidden("Only staff change the catalogue.")


def may_see(caller: Caller | None, product: Product) -> Product:
    """Return the product; for who is not of the staff, one that was withdrawn is not there."""
    if not product.active and not is_staff(caller):
        raise ProductNotFound
    return product


def how_kept(caller: Caller | None) -> dict[str, str]:
    """Return the headers that say for how long, and by whom, an answer may be kept."""
    return SHARED if caller is None else OWN


def known_revision(if_match: str | None) -> str | None:
    """Return the revision that If-Match names, or None for "*", which is any.

    CloudFront makes a tag weak when it compresses the answer. Ours name what is stored, not the bytes that
    were sent, so a weak one is as good.

    Raises
    ------
    PreconditionRequired
        When there is no If-Match: a change that nobody has looked at could be lost (RFC 6585, section 3).
    """
    if if_match is None:
        raise PreconditionRequired(
            "Say with If-Match which state of the product you have read: its ETag.",
            [FieldError("If-Match", "is required")],
        )
    return None if if_match == "*" else if_match.removeprefix("W/").strip('"')
