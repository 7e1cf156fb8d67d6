"""Destroying a stage deletes its stack, empties the buckets that go with it, and tells what stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import STACK_NAME, Cloud
from local.deploy import stack
from local.destroy import DestroyError, destroy, stack_name
from local.engine import process

TEMPLATE = {
    "Resources": {
        "Going": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "going"}},
        "Kept": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "kept"}, "DeletionPolicy": "Retain"},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "going",
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": "arn:aws:iam::000000000000:role/any",
                "Code": {"ZipFile": "def handler(event, context): ..."},
            },
        },
        # As SAM makes it: it goes with its function all the same.
        "Version": {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": "Function"}},
            "DeletionPolicy": "Retain",
        },
    }
}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An engine with a stack of two buckets, both with two versions of an object."""
    made = Cloud(process.free_port(), home=tmp_path)
    engine = process.start(made.folder, made.port)
    template = tmp_path / "template.json"
    template.write_text(json.dumps(TEMPLATE))
    stack.deploy(made, template, {})
    s3 = made.client("s3")
    for bucket in ("going", "kept"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for body in (b"one", b"two"):
            s3.put_object(Bucket=bucket, Key="object", Body=body)
    yield made
    engine.stop()


def test_what_goes_is_emptied_and_what_stays_is_told(cloud: Cloud) -> None:
    left = destroy(cloud.client, STACK_NAME)

    assert [(resource.name, resource.physical_id) for resource in left] == [("Kept", "kept")]
    s3 = cloud.client("s3")
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert buckets & {"going", "kept"} == {"kept"}
    assert len(s3.list_object_versions(Bucket="kept")["Versions"]) == 2
    assert not cloud.client("lambda").list_functions()["Functions"]


def test_a_stack_that_is_not_there_is_told(cloud: Cloud) -> None:
    with pytest.raises(DestroyError, match="does not exist"):
        destroy(cloud.client, "another")


def test_a_stage_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(DestroyError, match=r"no stage 'staging': there are beta, prod, sandbox\."):
        stack_name("staging")
