"""Create or update the stack, and look at what it holds, with the CloudFormation API as AWS has it."""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from local.cloud import STACK_NAME, Cloud, LocalError
from local.deploy.build import BUCKET
from local.engine.process import REGION
from local.progress import Phase

NESTED = "AWS::CloudFormation::Stack"
PLACEHOLDER = "placeholder-"
"""How the physical id begins of a resource that the engine cannot hold."""
USABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
SECONDS = 300


@dataclass(frozen=True)
class Resource:
    """One resource of the deployed stack.

    Attributes
    ----------
    path
        The logical ids on the way to it from the root, its own last.
    type
        As CloudFormation names it.
    physical_id
        As the service names it.
    """

    path: tuple[str, ...]
    type: str
    physical_id: str

    @property
    def name(self) -> str:
        """Its place, for people: `Orders/CreateOrder`."""
        return "/".join(self.path)


@dataclass(frozen=True)
class Stack:
    """A deployed stack: its template after the transforms, its parameters' values, and its resources."""

    template: dict[str, Any]
    parameters: dict[str, str]
    resources: tuple[Resource, ...]


@dataclass(frozen=True)
class Event:
    """Something that happened to a resource during a deploy."""

    path: tuple[str, ...]
    type: str
    status: str
    reason: str

    @property
    def name(self) -> str:
        """The resource's place, for people."""
        return "/".join(self.path)


def status(cloud: Cloud) -> str | None:
    """Return the root stack's status; None when there is no stack."""
    try:
        found = cloud.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    answer: str | None = found[0]["StackStatus"] if found else None
    return answer if answer != "DELETE_COMPLETE" else None


def deploy(cloud: Cloud, template: Path, given: Mapping[str, str], phase: Phase | None = None) -> None:
    """Create the stack, or update it where it is there, telling the phase what happens.

    Raises
    ------
    LocalError
        When the template is refused or a resource fails: the first that did, and why. An update that fails
        has been rolled back by then.
    """
    cloudformation = cloud.client("cloudformation")
    before = settled(cloud)
    if before is not None and before not in USABLE:
        cloudformation.delete_stack(StackName=STACK_NAME)
        before = settled(cloud)
    seen = {event["EventId"] for _, event in _raw_events(cloud)} if before else set()
    request = {
        "StackName": STACK_NAME,
        "TemplateURL": _uploaded(cloud, template),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        (cloudformation.update_stack if before else cloudformation.create_stack)(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise LocalError(f"The template is refused: {_message(error)}") from None
    after = settled(cloud, phase, seen)
    if after != ("UPDATE_COMPLETE" if before else "CREATE_COMPLETE"):
        raise LocalError(explain(list(_events(cloud, seen))) or f"The deploy ended as {after}.")


def _uploaded(cloud: Cloud, template: Path) -> str:
    """Put a template where CloudFormation reads it: one that is sent along has 51,200 bytes at most."""
    s3, content = cloud.client("s3"), template.read_bytes()
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    key = f"{hashlib.sha256(content).hexdigest()[:32]}.template"
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return f"{cloud.url}/{BUCKET}/{key}"


def settled(cloud: Cloud, phase: Phase | None = None, seen: set[str] | None = None) -> str | None:
    """Wait until nothing is under way in the stack, telling the phase what happens, and return its status.

    Raises
    ------
    LocalError
        When it takes longer than SECONDS.
    """
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        now = status(cloud)
        if now is None or not now.endswith("_IN_PROGRESS"):
            return now
        if phase is not None:
            done = [event for event in _events(cloud, seen or set()) if event.status.endswith("_COMPLETE")]
            phase.note = f"{len(done)} resources, {done[-1].name}" if done else ""
        time.sleep(0.1)
    raise LocalError(f"The deploy did not end within {SECONDS} s.")


def explain(events: list[Event]) -> str | None:
    """Return one line on the first resource that failed of itself, not because another had."""
    failed = [event for event in events if event.status.endswith(("_FAILED", "ROLLBACK_IN_PROGRESS"))]
    own = [event for event in failed if event.type != NESTED and not re.search("cancell?ed", event.reason)]
    for event in own or failed:
        # A nested stack that failed is told by its resource's reason, which its own holds.
        reason = re.sub(r"Embedded stack \S+ was not successfully \w+: ", "", event.reason)
        kind = "" if event.type == NESTED else f" ({event.type})"
        return f"{event.name}{kind}: {' '.join(reason.split()) or event.status}"
    return None


def nested(cloud: Cloud) -> Iterator[Stack]:
    """Yield the stack and every stack nested in it, the root first; nothing where there is no stack."""
    if status(cloud) is not None:
        yield from within(cloud.client("cloudformation"), STACK_NAME)


def resources(cloud: Cloud) -> list[Resource]:
    """Return every resource of the stack and of those nested in it, the nested stacks themselves too."""
    return [resource for stack in nested(cloud) for resource in stack.resources]


def within(client: Any, stack: str, path: tuple[str, ...] = ()) -> Iterator[Stack]:
    """Yield a stack, by its name or id, and every stack nested in it.

    Parameters
    ----------
    client
        A CloudFormation client.
    stack
        The stack's name or id.
    path
        The logical ids on the way to it.
    """
    template = client.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    if isinstance(template, str):
        # One that needed no transform comes back as it was sent: the YAML of `sam package`, in long forms.
        template = yaml.safe_load(template)
    given = client.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    found = [
        Resource((*path, row["LogicalResourceId"]), row["ResourceType"], row.get("PhysicalResourceId", ""))
        for page in pages
        for row in page["StackResourceSummaries"]
        if row["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    parameters = {row["ParameterKey"]: row.get("ResolvedValue", row["ParameterValue"]) for row in given}
    yield Stack(template, parameters, tuple(found))
    for resource in found:
        if resource.type == NESTED and not resource.physical_id.startswith(PLACEHOLDER):
            yield from within(client, resource.physical_id, resource.path)


def _raw_events(
    cloud: Cloud, stack: str = STACK_NAME, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    pages = cloud.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack)
    children: dict[str, str] = {}
    try:
        for event in (event for page in pages for event in page["StackEvents"]):
            name, physical_id = event["LogicalResourceId"], event.get("PhysicalResourceId", "")
            itself = physical_id == event["StackId"]
            yield (path if itself else (*path, name)), event
            if event["ResourceType"] == NESTED and physical_id.startswith("arn:") and not itself:
                children[physical_id] = name
    except ClientError:
        return  # A nested stack that is rolled back takes its events with it.
    for child, name in children.items():
        yield from _raw_events(cloud, child, (*path, name))


def _events(cloud: Cloud, seen: set[str]) -> Iterator[Event]:
    """Yield what happened apart from the events in `seen`, the oldest first."""
    new = [(path, event) for path, event in _raw_events(cloud) if event["EventId"] not in seen]
    new.reverse()  # A stack's events come newest first, and those of one moment shall keep their order.
    for path, event in sorted(new, key=lambda pair: pair[1]["Timestamp"]):
        yield Event(
            path, event["ResourceType"], event["ResourceStatus"], event.get("ResourceStatusReason", "")
        )


def _message(error: ClientError) -> str:
    return " ".join(error.response["Error"]["Message"].split())
