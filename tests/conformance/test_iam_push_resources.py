"""What IAM is asked about: applications and endpoints of SNS, and schedules in their groups."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import boto3

from local.engine import process
from tests.conformance.rest_api import refusal

ACCOUNT = "000000000000"


def who_may(client: Callable[[str], Any], engine: process.Engine, service: str, **allowed: str) -> Any:
    """Return a client of somebody who may do some actions, each on one resource."""
    iam, name = client("iam"), f"user-{secrets.token_hex(4)}"
    iam.create_user(UserName=name)
    statements = [
        {"Effect": "Allow", "Action": f"{service}:{action}", "Resource": resource}
        for action, resource in allowed.items()
    ]
    iam.put_user_policy(
        UserName=name,
        PolicyName="some",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session: Any = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=process.REGION)
    return session.client(service, endpoint_url=engine.url)


def test_an_application_and_its_endpoints_are_resources(
    client: Callable[[str], Any], engine: process.Engine
) -> None:
    arn = f"arn:aws:sns:{process.REGION}:{ACCOUNT}"
    name = f"app-{secrets.token_hex(4)}"
    sns = who_may(
        client,
        engine,
        "sns",
        CreatePlatformApplication=f"{arn}:app/GCM/{name}",
        CreatePlatformEndpoint=f"{arn}:app/GCM/{name}",
        GetEndpointAttributes=f"{arn}:endpoint/GCM/{name}/*",
    )

    made = sns.create_platform_application(Name=name, Platform="GCM", Attributes={"PlatformCredential": "{}"})
    target = sns.create_platform_endpoint(
        PlatformApplicationArn=made["PlatformApplicationArn"], Token="a-token-of-a-device"
    )["EndpointArn"]
    assert sns.get_endpoint_attributes(EndpointArn=target)["Attributes"]["Enabled"] == "true"
    other = {"Name": f"{name}2", "Platform": "GCM", "Attributes": {"PlatformCredential": "{}"}}
    assert refusal(sns.create_platform_application, **other).startswith("AuthorizationError: ")
