"""CloudFormation stacks for a test."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.engine.process import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

STACK_SECONDS = 60
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
SAM = "AWS::Serverless-2016-10-31"


class Bucket:
    """What `sam package` fills: templates and snippets that others refer to."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._s3 = client("s3")
        self.name = f"packaged-{uuid.uuid4().hex[:8]}"
        self._s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def template(self, template: dict[str, Any]) -> str:
        """Store a template and return the URL that `sam package` would put in its place."""
        return f"https://s3.{REGION}.amazonaws.com/{self.name}/{self._put(template)}"

    def snippet(self, content: dict[str, Any]) -> str:
        """Store a snippet and return its location for AWS::Include."""
        return f"s3://{self.name}/{self._put(content)}"

    def _put(self, content: dict[str, Any]) -> str:
        key = f"{uuid.uuid4().hex}.template"
        self._s3.put_object(Bucket=self.name, Key=key, Body=json.dumps(content).encode())
        return key


class Stack:
    """One root stack."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._cloudformation = client("cloudformation")
        self.name = f"stack-{uuid.uuid4().hex[:8]}"

    def create(self, template: dict[str, Any], **parameters: str) -> str:
        """Create the stack and return the status that it ends in."""
        self._cloudformation.create_stack(**self._request(template, parameters))
        return self.status()

    def update(self, template: dict[str, Any], **parameters: str) -> str:
        """Update the stack and return the status that it ends in, or why the update is refused."""
        try:
            self._cloudformation.update_stack(**self._request(template, parameters))
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return self.status()

    def delete(self) -> str:
        """Delete the stack and return the status that it ends in."""
        stack_id = self.describe()["StackId"]
        self._cloudformation.delete_stack(StackName=self.name)
        return self.status(stack_id)

    def status(self, name: str = "") -> str:
        """Return the status of the stack, or of a nested one, when nothing is in progress any more."""
        deadline = time.monotonic() + STACK_SECONDS
        status = self.describe(name)["StackStatus"]
        while status.endswith("IN_PROGRESS") and time.monotonic() < deadline:
            time.sleep(0.1)
            status = self.describe(name)["StackStatus"]
        return str(status)

    def describe(self, name: str = "") -> dict[str, Any]:
        """Describe the stack, or a nested one."""
        described: dict[str, Any] = self._cloudformation.describe_stacks(StackName=name or self.name)
        return dict(described["Stacks"][0])

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs by name."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.describe().get("Outputs", [])}

    def resources(self, name: str = "") -> dict[str, str]:
        """Return the physical ids of the stack's resources, or of a nested one's, by logical id."""
        described = self._cloudformation.describe_stack_resources(StackName=name or self.name)
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in described["StackResources"]}

    def reasons(self, logical_id: str) -> list[str]:
        """Return why the resource failed, newest first."""
        events = self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return [
            event.get("ResourceStatusReason", "")
            for event in events
            if event["LogicalResourceId"] == logical_id and event["ResourceStatus"].endswith("_FAILED")
        ]

    def _request(self, template: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return {
            "StackName": self.name,
            "TemplateBody": json.dumps(template),
            "Capabilities": CAPABILITIES,
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        }
