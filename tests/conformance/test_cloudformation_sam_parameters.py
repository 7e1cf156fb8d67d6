"""The SAM translator gets the values of a template's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.stacks import SAM, Stack

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATE: dict[str, Any] = {
    "Transform": SAM,
    "Parameters": {"Stage": {"Type": "String", "Default": "local"}},
    "Resources": {
        "Greeter": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "InlineCode": "def handler(event, context): pass",
                "AutoPublishAlias": {"Ref": "Stage"},
            },
        }
    },
}


def test_the_translator_works_with_the_value_that_a_stack_is_created_with(
    client: Callable[[str], Any],
) -> None:
    stack = Stack(client)

    assert stack.create(TEMPLATE, Stage="beta") == "CREATE_COMPLETE"

    assert "GreeterAliasbeta" in stack.resources()


def test_the_translator_works_with_the_value_that_an_update_brings(client: Callable[[str], Any]) -> None:
    stack = Stack(client)
    stack.create(TEMPLATE)

    assert stack.update(TEMPLATE, Stage="prod") == "UPDATE_COMPLETE"

    assert "GreeterAliasprod" in stack.resources()
    assert "GreeterAliaslocal" not in stack.resources()
