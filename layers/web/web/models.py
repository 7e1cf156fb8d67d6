"""What a product is. The limits are the contract's: functions/web/openapi.yaml, components/schemas."""

from __future__ import annotations

import unicodedata
from typing import Annotated, TypeAlias

import msgspec

from shared.money import Currency, MinorUnits

# \Z and not $, which in Python also fits before a line end at the end of the text.
PRODUCT_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z"
ProductId: TypeAlias = Annotated[str, msgspec.Meta(pattern=PRODUCT_ID)]
Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^\S+( \S+)*\Z")]
Category: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
# A path on the web app's own domain: its content security policy shows no other picture.
Image: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^/[A-Za-z0-9/._-]{1,255}\Z")]

LONGEST_KEY = 100


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What staff say of a product; `unit_price` in minor units, not `active` when it is for staff alone."""

    name: Name
    description: Annotated[str, msgspec.Meta(max_length=2000)]
    category: Category
    unit_price: MinorUnits
    currency: Currency
    image: Image | msgspec.UnsetType = msgspec.UNSET
    active: bool = True


class NewProduct(Offer, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A product that is not there yet, and the name that orders know it by."""

    product_id: ProductId


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product as everybody sees it; `updated_at` in UTC, ISO 8601."""

    product_id: ProductId
    name: Name
    description: str
    category: Category
    unit_price: MinorUnits
    currency: Currency
    image: Image | msgspec.UnsetType = msgspec.UNSET
    active: bool
    updated_at: str


class ProductPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some products, by name; no `next_cursor` at the end."""

    items: list[Product]
    next_cursor: str | None = None


class Search(msgspec.Struct, frozen=True):
    """Which products are looked for: by the beginning of their name, in one category or in all."""

    name: str = ""
    category: str = ""
    active: bool = True


def folded(name: str) -> str:
    """Return a name as it is sorted and looked for: without case, and in one spelling of each letter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())[:LONGEST_KEY]


def shown(product_id: str, offer: Offer, updated_at: str) -> Product:
    """Return the product that an offer makes."""
    told = {name: getattr(offer, name) for name in Offer.__struct_fields__}
    return Product(product_id=product_id, updated_at=updated_at, **told)
