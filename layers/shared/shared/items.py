"""Items of DynamoDB tables, and changes of them, as the domain writes them: plain data.

An item is a dictionary of str, int, bool, bytes, None, lists and dictionaries. Money is integer minor units
and times are text, so no other type is needed, and a float is refused before it can lose a cent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Item: TypeAlias = dict[str, Any]


class Page(NamedTuple):
    """Some items of a query, and the key to go on after, or None at the end."""

    items: list[Item]
    last_key: Item | None


class Update(NamedTuple):
    """A change of one item on a condition.

    `condition` and `change` are a condition, "" for none, and an update expression; `values` is what their
    `:names` stand for, `names` what their `#names` stand for.
    """

    key: Item
    condition: str
    change: str
    values: Item
    names: dict[str, str] = {}  # noqa: RUF012 - never changed


class Refused(NamedTuple):
    """Why a transaction did not happen: whether each update's condition failed, and its item where it did."""

    failed: tuple[bool, ...]
    items: tuple[Item | None, ...]


def to_attributes(item: Item) -> dict[str, Any]:
    """Return an item in the form that DynamoDB takes."""
    return {name: _to_attribute(value) for name, value in item.items()}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """Return an item from DynamoDB's own form of it, as in answers and in the records of a stream."""
    return {name: _from_attribute(value) for name, value in attributes.items()}


def _to_attribute(value: object) -> dict[str, Any]:  # noqa: PLR0911 - one a type
    match value:
        case str():
            return {"S": value}
        case bool():  # before int, which it also is
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": to_attributes(value)}
        case list():
            return {"L": [_to_attribute(inner) for inner in value]}
    raise TypeError(f"a table does not hold a {type(value).__name__}")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL" | "B":
            return value
        case "N":
            return int(value)
        case "NULL":
            return None
        case "M":
            return from_attributes(value)
        case "L":
            return [_from_attribute(inner) for inner in value]
    raise TypeError(f"a table's attribute of type {kind} is not one this application writes")
