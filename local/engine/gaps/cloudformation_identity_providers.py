"""A stack's AWS::Cognito::UserPoolIdentityProvider becomes an identity provider of its user pool.

The stock engine does not know the type and refuses the stack, though its user pools have providers.

`Ref` gives the provider's name; another name, type or pool is another provider, all else is changed in place.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolidentityprovider.html
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ministack.services import cognito
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

KIND = "AWS::Cognito::UserPoolIdentityProvider"
LASTING = ("UserPoolId", "ProviderName", "ProviderType")
PROPERTIES = (*LASTING, "ProviderDetails", "AttributeMapping", "IdpIdentifiers")


def called(operation: Callable[[Json], Any], properties: Json) -> None:
    """Call an operation of the service with a resource's properties.

    Raises
    ------
    ValueError
        What the service refused it with: the resource fails with this reason.
    """
    status, _headers, body = operation({name: properties[name] for name in PROPERTIES if name in properties})
    if status >= HTTPStatus.BAD_REQUEST:
        raise ValueError(str(json.loads(body).get("message", body)))


def create(_logical_id: str, properties: Json, _stack_name: str) -> tuple[str, Json]:
    """Make the provider; its name is what it is known by."""
    called(cognito._create_identity_provider, properties)
    return properties["ProviderName"], {}


def update(physical_id: str, before: Json, after: Json, stack_name: str) -> tuple[str, Json]:
    """Change the provider, or make another in its place: the engine then deletes the one before."""
    if any(before.get(name) != after.get(name) for name in LASTING):
        if before.get("ProviderName") == after["ProviderName"]:
            delete(physical_id, before)
        return create("", after, stack_name)
    called(cognito._update_identity_provider, {"AttributeMapping": {}, "IdpIdentifiers": [], **after})
    return physical_id, {}


def delete(physical_id: str, properties: Json) -> None:
    """Remove the provider; it may be gone with its pool."""
    pool = cognito._user_pools.get(properties.get("UserPoolId", ""))
    if pool:
        pool.get("_identity_providers", {}).pop(physical_id, None)


def fill() -> None:
    """Handle the type."""
    provisioners._RESOURCE_HANDLERS[KIND] = {"create": create, "update": update, "delete": delete}
