"""IAM users for a test."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import boto3

from local.engine.process import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def make_user(
    client: Callable[[str], Any], engine: Engine, *statements: dict[str, Any], name: str = ""
) -> Callable[[str], Any]:
    """Make a user with these statements, and return a function that makes clients of theirs."""
    iam, name = client("iam"), name or f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
    iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session: Any = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    return lambda service: session.client(service, endpoint_url=engine.url)


def denied(call: Callable[..., Any], **arguments: Any) -> bool:
    """Tell whether IAM denies the call."""
    try:
        call(**arguments)
    except Exception as error:  # noqa: BLE001 - each service has a class of its own for it
        return "AccessDenied" in str(error)
    return False
