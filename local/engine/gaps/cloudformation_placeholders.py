"""A resource of a type that AWS has and the engine has not becomes a placeholder without effect.

The stock engine refuses the whole stack: `Unrecognized resource types: [...]`. With placeholders the same
template deploys here and on AWS; what is left out can be told by the physical id, which begins with
`placeholder-`. It stays the same through updates and is what `Ref` gives; of its attributes those whose name
ends in Arn are ARNs of that id, the others the id itself. A type that AWS has not either is still refused.

The types and their attributes are in cloudformation_types.txt, one type a line, after the schemas of
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
"""

from __future__ import annotations

import functools
from pathlib import Path

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

TYPES = Path(__file__).with_name("cloudformation_types.txt")
PREFIX = "placeholder-"

Resource = tuple[str, dict[str, str]]


def placeholder(kind: str, attributes: tuple[str, ...], physical_id: str) -> Resource:
    """Return a placeholder as the engine takes the result of a create or an update.

    Parameters
    ----------
    kind
        The resource's type, `AWS::<service>::<thing>`.
    attributes
        The names that `Fn::GetAtt` may ask for.
    physical_id
        The placeholder's id.
    """
    service = kind.split("::")[1].lower()
    arn = f"arn:aws:{service}:{get_region()}:{get_account_id()}:{physical_id}"
    return physical_id, {name: arn if name.lower().endswith("arn") else physical_id for name in attributes}


def create(
    kind: str, attributes: tuple[str, ...], logical_id: str, _: dict[str, object], stack_name: str
) -> Resource:
    """Return a placeholder for a resource of a stack."""
    return placeholder(kind, attributes, f"{PREFIX}{stack_name}-{logical_id}")


def update(kind: str, attributes: tuple[str, ...], physical_id: str, *_: object) -> Resource:
    """Return the placeholder as it was, whatever the properties are."""
    return placeholder(kind, attributes, physical_id)


def fill() -> None:
    """Let a placeholder stand for every type that the engine does not know."""
    for line in TYPES.read_text().splitlines():
        kind, *attributes = line.split()
        handler = {
            "create": functools.partial(create, kind, tuple(attributes)),
            "update": functools.partial(update, kind, tuple(attributes)),
            "delete": provisioners._cfn_noop_delete,
        }
        provisioners._RESOURCE_HANDLERS.setdefault(kind, handler)
