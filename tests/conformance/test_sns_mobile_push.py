"""Mobile push: endpoints by their ARNs, refusals, and what devices would show."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from local.engine.process import REGION
from tests.conformance.rest_api import refusal


@pytest.fixture
def sns(client: Callable[[str], Any]) -> Any:
    return client("sns")


@pytest.fixture
def application(sns: Any) -> str:
    """A platform application of Google's, by its ARN."""
    made: str = sns.create_platform_application(
        Name=f"app-{secrets.token_hex(4)}", Platform="GCM", Attributes={"PlatformCredential": "{}"}
    )["PlatformApplicationArn"]
    return made


def endpoint(sns: Any, application: str, token: str) -> str:
    """Make an endpoint, and return its ARN."""
    made = sns.create_platform_endpoint(PlatformApplicationArn=application, Token=token)
    return str(made["EndpointArn"])


def test_an_endpoint_has_an_arn_of_its_own_and_one_for_each_token(sns: Any, application: str) -> None:
    first = endpoint(sns, application, "a-token-of-a-device")

    assert first.startswith(application.replace(":app/", ":endpoint/") + "/")
    assert endpoint(sns, application, "a-token-of-a-device") == first
    assert sns.get_endpoint_attributes(EndpointArn=first)["Attributes"]["Token"] == "a-token-of-a-device"


def test_what_a_platform_is_given_is_in_its_log_group(
    client: Callable[[str], Any], sns: Any, application: str
) -> None:
    target = endpoint(sns, application, "a-token-of-a-device")
    google = {"fcmV1Message": {"message": {"notification": {"body": "Your order is confirmed."}}}}
    message = {"default": "not this", "APNS": "nor this", "GCM": json.dumps(google)}

    sent = sns.publish(TargetArn=target, MessageStructure="json", Message=json.dumps(message))

    account, name = application.split(":")[4], application.rpartition("/")[2]
    events = client("logs").filter_log_events(logGroupName=f"sns/{REGION}/{account}/app/GCM/{name}")["events"]
    (line,) = [json.loads(event["message"]) for event in events]
    assert line["notification"]["messageId"] == sent["MessageId"]
    assert (line["status"], line["delivery"]["destination"]) == ("SUCCESS", target)
    assert (line["message"], line["payload"]) == ("Your order is confirmed.", google)


def test_a_disabled_endpoint_is_refused_until_it_is_enabled(sns: Any, application: str) -> None:
    target = endpoint(sns, application, "a-token-of-a-device")
    sns.set_endpoint_attributes(EndpointArn=target, Attributes={"Enabled": "false"})

    refused = refusal(sns.publish, TargetArn=target, Message="hello")
    sns.set_endpoint_attributes(EndpointArn=target, Attributes={"Enabled": "true"})

    assert refused.startswith("EndpointDisabled: ")
    assert sns.publish(TargetArn=target, Message="hello")["MessageId"]


def test_a_deleted_endpoint_is_no_target(sns: Any, application: str) -> None:
    target = endpoint(sns, application, "a-token-of-a-device")
    sns.delete_endpoint(EndpointArn=target)

    refused = refusal(sns.publish, TargetArn=target, Message="hello")

    assert refused.startswith("InvalidParameter: ")
    assert "No endpoint found" in refused
