"""A resource of a type that the engine has not becomes a placeholder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance import cloudformation_types
from tests.conformance.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable

TRAIL: dict[str, Any] = {
    "Type": "AWS::CloudTrail::Trail",
    "Properties": {"IsLogging": True, "S3BucketName": "trail"},
}


def template(trail: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    queue = {"Type": "AWS::SQS::Queue"}
    made = {name: {"Value": value} for name, value in outputs.items()}
    return {"Resources": {"Trail": trail, "Queue": queue}, "Outputs": made}


def test_a_stack_deploys_around_what_the_engine_has_not(client: Callable[[str], Any]) -> None:
    stack = Stack(client)
    outputs = {"Name": {"Ref": "Trail"}, "Arn": {"Fn::GetAtt": ["Trail", "Arn"]}}

    assert stack.create(template(TRAIL, **outputs)) == "CREATE_COMPLETE"

    name = f"placeholder-{stack.name}-Trail"
    assert stack.outputs() == {"Name": name, "Arn": f"arn:aws:cloudtrail:eu-west-1:000000000000:{name}"}
    assert [each for each in stack.resources().values() if each.startswith("placeholder-")] == [name]


def test_a_placeholder_stays_the_same_through_an_update_and_goes_with_its_stack(
    client: Callable[[str], Any],
) -> None:
    stack = Stack(client)
    stack.create(template(TRAIL))
    before = stack.resources()

    changed = {**TRAIL, "Properties": {"IsLogging": False, "S3BucketName": "trail"}}
    assert stack.update(template(changed)) == "UPDATE_COMPLETE"

    assert stack.resources() == before
    assert stack.delete() == "DELETE_COMPLETE"


def test_an_attribute_that_the_type_has_not_fails_as_on_aws(client: Callable[[str], Any]) -> None:
    stack = Stack(client)

    assert stack.create(template(TRAIL, Typo={"Fn::GetAtt": ["Trail", "Anr"]})) == "ROLLBACK_COMPLETE"


@pytest.mark.parametrize("kind", ["AWS::CloudTrail::Trial", "AWS::CloudTrail", "Trail"])
def test_only_what_aws_has_not_either_is_named_and_refused(client: Callable[[str], Any], kind: str) -> None:
    resources = {"Trail": TRAIL, "Typo": {"Type": kind}}

    with pytest.raises(ClientError) as refused:
        Stack(client).create({"Resources": resources})

    assert refused.value.response["Error"]["Message"] == (
        f"Template format error: Unrecognized resource types: [{kind}]"
    )


def test_the_types_are_those_that_cfn_lint_knows() -> None:
    written = cloudformation_types.WRITTEN.read_text()

    assert written == cloudformation_types.known(), (
        "write them again: python -m tests.conformance.cloudformation_types"
    )
