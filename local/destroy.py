"""Delete a stage from AWS: empty the buckets that go with it, delete its stack, and tell what is left."""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.deploy.stack import Resource, within
from local.engine.process import ROOT

KEEPING = {"Retain", "RetainExceptOnCreate", "Snapshot"}
"""The deletion policies that leave something behind."""
WITH_ITS_FUNCTION = "AWS::Lambda::Version"
"""What an update of the stack keeps, and the function's deletion takes along."""


class DestroyError(Exception):
    """The stage is not deleted; the message is one line that says why."""


def stack_name(stage: str) -> str:
    """Return the name of a stage's stack, from samconfig.toml.

    Raises
    ------
    DestroyError
        When there is no such stage.
    """
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    named = {
        name: section["deploy"]["parameters"]["stack_name"]
        for name, section in config.items()
        if isinstance(section, dict) and "stack_name" in section.get("deploy", {}).get("parameters", {})
    }
    if stage not in named:
        raise DestroyError(f"There is no stage {stage!r}: there are {', '.join(sorted(named))}.")
    name: str = named[stage]
    return name


def destroy(client: Callable[[str], Any], name: str) -> list[Resource]:
    """Delete a stack with all that is in it; return the resources that their templates keep.

    Parameters
    ----------
    client
        Returns a boto3 client of the account for the name of a service.
    name
        The stack's name.

    Raises
    ------
    DestroyError
        When there is no such stack, or it could not be deleted.
    """
    cloudformation = client("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    except ClientError as error:
        raise DestroyError(error.response["Error"]["Message"]) from None
    kept = []
    for one in within(cloudformation, stack):
        for resource in one.resources:
            policy = one.template["Resources"][resource.path[-1]].get("DeletionPolicy")
            if policy in KEEPING and resource.type != WITH_ITS_FUNCTION:
                kept.append(resource)
            elif resource.type == "AWS::S3::Bucket":
                _empty(client("s3"), resource.physical_id)
    cloudformation.delete_stack(StackName=stack)
    while (now := cloudformation.describe_stacks(StackName=stack)["Stacks"][0])[
        "StackStatus"
    ] != "DELETE_COMPLETE":
        if now["StackStatus"].endswith("_FAILED"):
            raise DestroyError(now.get("StackStatusReason") or now["StackStatus"])
        time.sleep(2)
    return kept


def _empty(s3: Any, bucket: str) -> None:
    """Delete every version of every object, without which a bucket is not deleted."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": row["Key"], "VersionId": row["VersionId"]} for row in found]
        if objects:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def confirmed(name: str, session: Any) -> bool:
    """Tell the user what is to be deleted, and whether they typed its name then."""
    account = session.client("sts").get_caller_identity()["Account"]
    print(f"This deletes the stack {name} in {session.region_name} of the account {account}, with its data.")
    return input("Type its name to go on: ") == name


def main(arguments: list[str]) -> int:
    """Delete the stage that is named first, once the user has typed its stack's name."""
    session: Any = boto3.Session()
    try:
        name = stack_name(arguments[0])
        if not confirmed(name, session):
            print("destroy: that is not its name; nothing was deleted.", file=sys.stderr)
            return 1
        kept = destroy(session.client, name)
    except (DestroyError, ClientError, BotoCoreError) as error:
        print(f"destroy: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\ndestroy: stopped.", file=sys.stderr)
        return 130
    print(f"{name} is deleted. SAM CLI's own bucket still holds its packages.")
    for resource in kept:
        print(f"Left, as its template says: {resource.name} ({resource.type}) {resource.physical_id}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
