"""A function or a layer whose package is not in its bucket, or is no archive, fails its stack."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from local.engine.process import REGION
from tests.conformance.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def bucket(client: Callable[[str], Any]) -> str:
    name = f"packages-{uuid.uuid4().hex[:8]}"
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket=name, Key="text.zip", Body=b"not an archive")
    return name


def function(bucket: str, key: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Code": {"S3Bucket": bucket, "S3Key": key},
        },
    }


def layer(bucket: str, key: str) -> dict[str, Any]:
    content = {"S3Bucket": bucket, "S3Key": key}
    return {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": content}}


@pytest.mark.parametrize("resource", [function, layer])
@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("none.zip", "S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."),
        ("text.zip", "Could not unzip uploaded file."),
    ],
)
def test_a_package_that_cannot_be_had_fails_the_stack_and_says_why(
    client: Callable[[str], Any],
    bucket: str,
    resource: Callable[[str, str], dict[str, Any]],
    key: str,
    reason: str,
) -> None:
    stack = Stack(client)

    status = stack.create({"Resources": {"Thing": resource(bucket, key)}})

    assert status == "ROLLBACK_COMPLETE"
    assert reason in stack.reasons("Thing")[0]


def test_a_bucket_that_is_not_there_fails_the_stack_and_says_why(client: Callable[[str], Any]) -> None:
    stack = Stack(client)

    status = stack.create({"Resources": {"Thing": function("there-is-none", "code.zip")}})

    assert status == "ROLLBACK_COMPLETE"
    assert "S3 Error Code: NoSuchBucket." in stack.reasons("Thing")[0]
