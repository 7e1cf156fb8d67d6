"""Where products are kept: ProductsTable, one item a product, and two indexes of it.

| attribute | holds |
| --- | --- |
| `product_id` | partition key |
| as in `web.models.Product` | what everybody sees |
| `revision` | a UUIDv7, another one with each write: what If-Match and ETag are about |
| `shelf` | partition key of ByName: `active` or `withdrawn` |
| `aisle` | partition key of ByCategory: the shelf, `#`, the category |
| `name_key` | sort key of both: the name, folded |

A list is one Query of an index, whatever is looked for. Indexes follow the table within a moment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shared.clock import now
from shared.ids import uuid7
from shared.problems import Conflict, FieldError, NotFound, PreconditionFailed
from web.models import PRODUCT_ID, Product, folded, shown

if TYPE_CHECKING:
    from shared.items import Item
    from shared.tables import Table
    from web.models import NewProduct, Offer, Search

GREATEST = "\U0010ffff"
"""No letter sorts after it."""


class ProductNotFound(NotFound):
    """There is no product with this id, or none for the caller."""

    def __init__(self) -> None:
        super().__init__("There is no such product.")


class ProductExists(Conflict):
    """The id is taken."""

    def __init__(self) -> None:
        super().__init__(
            "There is a product with this id.", [FieldError("/product_id", "is another product's")]
        )


class ChangedMeanwhile(PreconditionFailed):
    """The product is not as the caller knows it."""

    def __init__(self) -> None:
        super().__init__(
            "The product was changed since you read it. Read it again.",
            [FieldError("If-Match", "is not the present product's")],
        )


class Kept(NamedTuple):
    """A product and its revision."""

    product: Product
    revision: str

    @property
    def tag(self) -> dict[str, str]:
        """The header that tells the revision."""
        return {"ETag": f'"{self.revision}"'}


class Products:
    """The catalogue.

    Parameters
    ----------
    table
        ProductsTable, or a fake with its `get`, `put_if`, `delete_if` and `query`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, product_id: str, *, consistent: bool = False) -> Kept:
        """Return a product. One GetItem.

        Raises
        ------
        ProductNotFound
            When there is none.
        """
        item = self._table.get({"product_id": sound(product_id)}, consistent=consistent)
        if item is None:
            raise ProductNotFound
        return Kept(msgspec.convert(item, Product), item["revision"])

    def add(self, new: NewProduct) -> Kept:
        """Keep a product that is not there yet. One PutItem.

        Raises
        ------
        ProductExists
            When there is one with its id.
        """
        kept = Kept(shown(new.product_id, new, now()), uuid7())
        if self._table.put_if("attribute_not_exists(product_id)", _item(kept)) is not None:
            raise ProductExists
        return kept

    def replace(self, product_id: str, offer: Offer, known: str | None) -> Kept:
        """Keep an offer in place of the revision `known`, or of whichever there is. One PutItem.

        Raises
        ------
        ProductNotFound
            When there is none.
        ChangedMeanwhile
            When there is another revision.
        """
        kept = Kept(shown(sound(product_id), offer, now()), uuid7())
        condition, values = _on(known)
        _raise_if(self._table.put_if(condition, _item(kept), values))
        return kept

    def remove(self, product_id: str, known: str | None) -> None:
        """Forget the revision `known` of a product, or whichever there is. One DeleteItem.

        Raises
        ------
        ProductNotFound
            When there is none.
        ChangedMeanwhile
            When there is another revision.
        """
        condition, values = _on(known)
        _raise_if(self._table.delete_if(condition, {"product_id": sound(product_id)}, values))

    def page(self, search: Search, limit: int, after: Item | None) -> tuple[list[Product], Item | None]:
        """Return up to `limit` products by name, and where to go on after them. One Query.

        Parameters
        ----------
        search
            Which ones.
        limit
            How many at most.
        after
            What the page before told: the last product's `product_id` and `name_key`.

        Returns
        -------
        The products, and the last one's place, or None when there are no more.
        """
        shelf = _shelf(search.active)
        index, name = ("ByCategory", "aisle") if search.category else ("ByName", "shelf")
        partition = (name, f"{shelf}#{search.category}" if search.category else shelf)
        prefix = folded(search.name)
        start = {**after, partition[0]: partition[1]} if after else None
        # One more than the page holds: DynamoDB's last key does not tell whether anything follows it.
        found = self._table.query(
            partition,
            index=index,
            between=("name_key", prefix, prefix + GREATEST) if prefix else None,
            limit=limit + 1,
            after=start,
        )
        items = found.items[:limit]
        more = len(found.items) > limit or found.last_key is not None
        last = {key: items[-1][key] for key in ("product_id", "name_key")} if more else None
        return msgspec.convert(items, list[Product]), last


def sound(product_id: str) -> str:
    """Return an id that may be a product's; raise ProductNotFound for one that cannot, without a call."""
    if not re.fullmatch(PRODUCT_ID, product_id):
        raise ProductNotFound
    return product_id


def _shelf(active: bool) -> str:
    return "active" if active else "withdrawn"


def _item(kept: Kept) -> Item:
    product = kept.product
    shelf = _shelf(product.active)
    return {
        **msgspec.to_builtins(product),
        "revision": kept.revision,
        "shelf": shelf,
        "aisle": f"{shelf}#{product.category}",
        "name_key": folded(product.name),
    }


def _on(known: str | None) -> tuple[str, Item | None]:
    """Return the condition that the product is there, in the revision `known` if that is given."""
    return (
        ("attribute_exists(product_id)", None) if known is None else ("revision = :known", {":known": known})
    )


def _raise_if(refused: Item | None) -> None:
    """Raise what is wrong, given the item that a refused write found; {} where there was none."""
    if refused == {}:
        raise ProductNotFound
    if refused is not None:
        raise ChangedMeanwhile
