"""A secret's reference in a template is its ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable


def template(description: str) -> dict[str, Any]:
    properties = {"Description": description, "GenerateSecretString": {"PasswordLength": 40}}
    return {
        "Resources": {"Key": {"Type": "AWS::SecretsManager::Secret", "Properties": properties}},
        "Outputs": {"Key": {"Value": {"Ref": "Key"}}},
    }


def test_it_is_the_arn_that_the_service_tells(client: Callable[[str], Any]) -> None:
    stack = Stack(client)

    assert stack.create(template("a key")) == "CREATE_COMPLETE"

    told = client("secretsmanager").describe_secret(SecretId=stack.outputs()["Key"])
    assert stack.outputs()["Key"] == stack.resources()["Key"] == told["ARN"]


def test_the_secret_stays_through_an_update_and_goes_with_its_stack(client: Callable[[str], Any]) -> None:
    stack, secrets = Stack(client), client("secretsmanager")
    stack.create(template("a key"))
    arn = stack.outputs()["Key"]
    value = secrets.get_secret_value(SecretId=arn)["SecretString"]

    assert stack.update(template("another word for it")) == "UPDATE_COMPLETE"

    assert stack.outputs()["Key"] == arn
    assert secrets.describe_secret(SecretId=arn)["Description"] == "another word for it"
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == value
    assert arn.startswith("arn:")
    assert stack.delete() == "DELETE_COMPLETE"
    assert arn not in [each["ARN"] for each in secrets.list_secrets()["SecretList"]]
