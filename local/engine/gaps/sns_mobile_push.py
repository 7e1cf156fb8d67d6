"""What is pushed can be seen, disabled and deleted endpoints are refused, and an endpoint has an ARN as such.

The stock engine takes every message to an endpoint that it knows, also to a disabled one, and keeps nothing
of it; its endpoints' ARNs begin as their application's. AWS refuses what goes to a disabled endpoint with
EndpointDisabled, and hands all else to Apple or Google, which show it on the device. There is no device here:
what it would show is a line of the log group that AWS writes delivery status to, which is
`sns/<Region>/<account>/app/<platform>/<name>`, in AWS's form, with the payload of the platform beside it.

After https://docs.aws.amazon.com/sns/latest/api/API_Publish.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-msg-status.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
"""

from __future__ import annotations

import functools
import json
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudwatch_logs as logs
from ministack.services import sns

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = tuple[int, dict[str, str], bytes]
Parameters = dict[str, Any]


def fill() -> None:
    """Deliver to endpoints where messages are published."""
    publish = sns._publish

    @functools.wraps(publish)
    def to_endpoints(parameters: Parameters) -> Answer:
        target = sns._p(parameters, "TargetArn")
        if ":endpoint/" not in target:
            answer: Answer = publish(parameters)
            return answer
        return deliver(target, parameters)

    sns._publish = to_endpoints
    sns._create_platform_endpoint = with_arn(sns._create_platform_endpoint)


def with_arn(create: Callable[[Parameters], Answer]) -> Callable[[Parameters], Answer]:
    """Give a new endpoint the ARN `endpoint/<platform>/<name>/<id>`."""

    @functools.wraps(create)
    def created(parameters: Parameters) -> Answer:
        status, headers, body = create(parameters)
        found = re.search(rb"<EndpointArn>([^<]*:app/[^<]*)</EndpointArn>", body)
        if found is None:
            return status, headers, body
        made = found[1].decode()
        arn = made.replace(":app/", ":endpoint/", 1)
        sns._platform_endpoints[arn] = {**sns._platform_endpoints.pop(made), "arn": arn}
        return status, headers, body.replace(found[1], arn.encode())

    return created


def deliver(target: str, parameters: Parameters) -> Answer:
    """Show what the device behind an endpoint would, or refuse."""
    endpoint = sns._platform_endpoints.get(target)
    if endpoint is None:
        reason = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"
        return refused("InvalidParameter", reason)
    if endpoint["attributes"].get("Enabled", "true").lower() != "true":
        return refused("EndpointDisabled", "Endpoint is disabled")
    application = sns._platform_applications[endpoint["application_arn"]]
    try:
        payload = payload_of(parameters, application["platform"])
    except ValueError:
        reason = "Invalid parameter: Message Structure - JSON message body failed to parse"
        return refused("InvalidParameter", reason)
    message_id = new_uuid()
    attributes = sns._parse_message_attributes(parameters) or {}
    show(application, target, message_id, payload, attributes)
    answer: Answer = sns._xml(
        200, "PublishResponse", f"<PublishResult><MessageId>{message_id}</MessageId></PublishResult>"
    )
    return answer


def refused(code: str, message: str) -> Answer:
    """Return a refusal as SNS words it."""
    answer: Answer = sns._error(code, message, 400)
    return answer


def payload_of(parameters: Parameters, platform: str) -> Any:
    """Return what a platform is given of a message: its own part, or else the default's text.

    Raises
    ------
    ValueError
        When the message says that it is JSON by platform, and is not.
    """
    message = sns._p(parameters, "Message")
    if sns._p(parameters, "MessageStructure") != "json":
        return message
    parts = json.loads(message)
    if not isinstance(parts, dict) or not isinstance(parts.get("default"), str):
        raise ValueError("no default")  # noqa: TRY004 - as what is no JSON at all
    return json.loads(parts[platform]) if platform in parts else parts["default"]


def show(
    application: dict[str, Any], endpoint: str, message_id: str, payload: Any, attributes: dict[str, Any]
) -> None:
    """Write the line that tells of a delivery."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    line = {
        "message": text_of(payload),
        "notification": {"messageId": message_id, "timestamp": now},
        "delivery": {"deliveryId": new_uuid(), "destination": endpoint, "statusCode": 200},
        "status": "SUCCESS",
        "payload": payload,
        "attributes": {name: value.get("StringValue") for name, value in attributes.items()},
    }
    group = f"sns/{get_region()}/{get_account_id()}/app/{application['platform']}/{application['name']}"
    place = {"logGroupName": group, "logStreamName": datetime.now(UTC).strftime("%Y-%m-%d")}
    if group not in logs._log_groups:
        logs._create_log_group({"logGroupName": group})
    if place["logStreamName"] not in logs._log_groups[group]["streams"]:
        logs._create_log_stream(place)
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
    logs._put_log_events({**place, "logEvents": [event]})


def text_of(payload: Any) -> str:
    """Return what a device shows of a payload, Apple's or Google's."""
    if isinstance(payload, str):
        return payload
    alert = payload.get("aps", {}).get("alert", "")
    google = payload.get("fcmV1Message", {}).get("message", {}).get("notification", {})
    return str(google.get("body") or (alert.get("body") if isinstance(alert, dict) else alert) or "")
