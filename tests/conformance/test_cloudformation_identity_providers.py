"""A stack's AWS::Cognito::UserPoolIdentityProvider becomes an identity provider of its user pool."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from tests.conformance.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable


def template(secret: str, **properties: Any) -> dict[str, Any]:
    details = {
        "client_id": "shop",
        "client_secret": f"{{{{resolve:secretsmanager:{secret}:SecretString:neighbours}}}}",
        "oidc_issuer": "https://id.example.com",
        "authorize_scopes": "openid email",
        "attributes_request_method": "GET",
    }
    provider = {
        "UserPoolId": {"Ref": "Pool"},
        "ProviderName": "Neighbours",
        "ProviderType": "OIDC",
        "ProviderDetails": details,
        "AttributeMapping": {"email": "email"},
        **properties,
    }
    return {
        "Resources": {
            "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {"UserPoolName": "members"}},
            "Provider": {"Type": "AWS::Cognito::UserPoolIdentityProvider", "Properties": provider},
        },
        "Outputs": {"Pool": {"Value": {"Ref": "Pool"}}, "Provider": {"Value": {"Ref": "Provider"}}},
    }


def test_a_stack_makes_changes_and_removes_a_provider(client: Callable[[str], Any]) -> None:
    cognito, stack, secret = client("cognito-idp"), Stack(client), f"secret-{uuid.uuid4().hex[:8]}"
    client("secretsmanager").create_secret(
        Name=secret, SecretString=json.dumps({"neighbours": "told to nobody"})
    )

    assert stack.create(template(secret)) == "CREATE_COMPLETE"
    pool = stack.outputs()["Pool"]
    made = cognito.describe_identity_provider(UserPoolId=pool, ProviderName="Neighbours")["IdentityProvider"]
    mapping = {"email": "email", "email_verified": "email_verified"}
    changed = stack.update(template(secret, AttributeMapping=mapping))
    mapped = cognito.describe_identity_provider(UserPoolId=pool, ProviderName="Neighbours")[
        "IdentityProvider"
    ]
    renamed = stack.update(template(secret, ProviderName="Friends"))
    left = [each["ProviderName"] for each in cognito.list_identity_providers(UserPoolId=pool)["Providers"]]

    assert stack.outputs()["Provider"] == "Friends"
    assert made["ProviderDetails"]["client_secret"] == "told to nobody"
    assert (changed, mapped["AttributeMapping"]) == ("UPDATE_COMPLETE", mapping)
    assert (renamed, left) == ("UPDATE_COMPLETE", ["Friends"])


def test_what_the_pool_refuses_fails_the_stack_with_its_reason(client: Callable[[str], Any]) -> None:
    stack, secret = Stack(client), f"secret-{uuid.uuid4().hex[:8]}"
    client("secretsmanager").create_secret(Name=secret, SecretString=json.dumps({"neighbours": "x"}))

    status = stack.create(template(secret, ProviderType="Carrier pigeon"))

    assert status == "ROLLBACK_COMPLETE"
    assert any("Carrier pigeon" in reason for reason in stack.reasons("Provider"))
