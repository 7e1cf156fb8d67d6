"""Members' devices, from outside: registered through the API, and what they show, where SNS writes of it."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.stack import MobileApi, Stack
from tests.templates import ROOT

SECONDS = 60


class Phone:
    """A device that is registered for a member."""

    def __init__(self, stack: Stack, member_id: str, device_id: str) -> None:
        self.device_id = device_id
        if not stack.on_this_machine:
            pytest.skip("in AWS only the device itself can tell what it shows")
        # No answer of the API tells the endpoint.
        item = stack.client("dynamodb").get_item(
            TableName=stack.physical_id("mobile", "NotificationsTable"),
            Key={"pk": {"S": f"MEMBER#{member_id}"}, "sk": {"S": f"REACH#DEVICE#{device_id}"}},
        )["Item"]
        self.endpoint: str = item["endpoint"]["S"]
        region, account, name = stack.physical_id("mobile", "Fcm").split(":")[3:]
        self._group = f"sns/{region}/{account}/{name}"
        self._logs = stack.client("logs")
        self._since = int(time.time() * 1000) - 1000

    def shows(self) -> list[dict[str, Any]]:
        """Return what Google's push service was given for it, the oldest first."""
        pages = self._logs.get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=self._group, startTime=self._since)
        try:
            lines = [json.loads(event["message"]) for page in found for event in page["events"]]
        except self._logs.exceptions.ResourceNotFoundException:
            return []  # nothing was ever pushed
        mine = [line["payload"] for line in lines if line["delivery"]["destination"] == self.endpoint]
        return [payload["fcmV1Message"]["message"] for payload in mine]

    def texts(self) -> list[str]:
        """Return the texts that it shows, the oldest first."""
        return [message["notification"]["body"] for message in self.shows()]

    def count(self) -> int:
        """Return of how many notifications it was told."""
        return sum(int(message["data"]["count"]) for message in self.shows())


def phone_of(stack: Stack, api: MobileApi, member_id: str, token: str | None = None) -> Phone:
    """Register a device for a member, under a fresh token unless one is given."""
    device = str(uuid.uuid4())
    given = {"platform": "FCM", "token": token or f"token:{secrets.token_urlsafe(24)}"}
    answer = api.send("PUT", f"/devices/{device}", json=given)
    assert (answer.status_code, answer.json()["pushes"]) == (200, True), answer.text
    return Phone(stack, member_id, device)


def choose(api: MobileApi, **chosen: Any) -> None:
    """Change a member's preferences."""
    tag = api.read("/notifications/preferences").headers["ETag"]
    answer = api.send("PUT", "/notifications/preferences", json=chosen, headers={"If-Match": tag})
    answer.raise_for_status()


def told(api: MobileApi) -> list[dict[str, Any]]:
    """Return a member's inbox, newest first."""
    items: list[dict[str, Any]] = api.read("/notifications", limit=100).json()["items"]
    return items


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait for what follows from an event."""
    deadline = time.monotonic() + SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.2)
    return holds()


def asked_for_application(stack: Stack, request: str, platform: str) -> dict[str, Any]:
    """Ask the function that makes platform applications as CloudFormation does, and return its answer.

    Parameters
    ----------
    stack
        The running stack.
    request
        Create, Update or Delete.
    platform
        Of the application that is asked for: the stack's own of that platform.
    """
    s3, bucket = stack.client("s3"), f"answers-{secrets.token_hex(8)}"
    region = stack["UserPoolId"].partition("_")[0]
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    own: str = stack.physical_id("mobile", "Fcm")
    event = json.loads((ROOT / "functions/mobile/events/platform_application.json").read_text())
    event |= {
        "RequestType": request,
        "PhysicalResourceId": own.replace(":app/GCM/", f":app/{platform}/"),
        "ResponseURL": s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "answer"}),
    }
    topic = stack.physical_id("mobile", "FailuresTopic")
    event["ResourceProperties"] |= {"Name": own.rpartition("/")[2], "FailuresTopic": topic}
    try:
        stack.client("lambda").invoke(
            FunctionName=stack.physical_id("mobile", "PlatformApplication"), Payload=json.dumps(event)
        )["Payload"].read()
        answer: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key="answer")["Body"].read())
    finally:
        s3.delete_object(Bucket=bucket, Key="answer")
        s3.delete_bucket(Bucket=bucket)
    return answer
