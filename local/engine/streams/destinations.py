"""Delivery to a mapping's on-failure destination, as the function's execution role.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html names the permission of each
kind. It goes through the engine's own door, so that the role, the queue's policy and what listens behind a
topic or a bucket act as on any other call.
"""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import botocore.session
from botocore.config import Config
from ministack.core.arn import parse_arn
from ministack.core.lambda_runtime import execution_credentials

PERMISSIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "s3": "s3:PutObject"}
ONE_AT_A_TIME = threading.Lock()


def needed(destination: str) -> tuple[str, str]:
    """Return the action that delivery needs, and the ARN that it is needed on."""
    service = parse_arn(destination).service
    return PERMISSIONS[service], f"{destination}/*" if service == "s3" else destination


def deliver(
    destination: str, function: dict[str, Any], document: dict[str, Any], payload: str, key: str
) -> None:
    """Send the document; an S3 destination also keeps the event, as text in `payload`.

    Raises
    ------
    botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError
        When the destination is gone or refuses.
    """
    target = parse_arn(destination)
    client = _client(target.service, function)
    body = json.dumps(document)
    if target.service == "sqs":
        url = f"{client.meta.endpoint_url}/{target.account_id}/{target.resource}"
        client.send_message(QueueUrl=url, MessageBody=body)
    elif target.service == "sns":
        client.publish(TopicArn=destination, Message=body)
    else:
        whole = json.dumps(document | {"payload": payload})
        client.put_object(Bucket=target.resource, Key=key, Body=whole.encode())


def _client(service: str, function: dict[str, Any]) -> Any:
    credentials = execution_credentials(function)
    with ONE_AT_A_TIME:
        return botocore.session.get_session().create_client(
            service,
            region_name=parse_arn(function["FunctionArn"]).region,
            endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials["AWS_SESSION_TOKEN"] or None,
            config=Config(s3={"addressing_style": "path"}),
        )
