"""POST /orders with the standard library and msgspec alone: what is left when every convenience is gone.

It signs and sends its two conditional writes itself (Signature Version 4), keeps its connection, checks the
body, and does without logs, metrics, retries and problem details. It is here to be measured against
(docs/cold-start.md), not as an example.
"""

from __future__ import annotations

import hmac
import json
import os
import time
from hashlib import sha256
from http.client import HTTPSConnection
from typing import Annotated, Any

import msgspec

REGION = os.environ["AWS_REGION"]
HOST = f"dynamodb.{REGION}.amazonaws.com"
# Made, with its certificates, at the first call: as botocore does.
connection: HTTPSConnection | None = None


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One product of an order."""

    product_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=99)]
    unit_price: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member asks for."""

    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
    lines: Annotated[list[Line], msgspec.Meta(min_length=1, max_length=50)]


decode = msgspec.json.Decoder(NewOrder).decode


def call(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Make one signed call of DynamoDB's JSON protocol and return its answer."""
    global connection  # noqa: PLW0603 - one per environment
    connection = connection or HTTPSConnection(HOST, timeout=3)
    body = json.dumps(parameters).encode()
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    signed = {
        "content-type": "application/x-amz-json-1.0",
        "host": HOST,
        "x-amz-date": now,
        "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"],
        "x-amz-target": f"DynamoDB_20120810.{operation}",
    }
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    request = f"POST\n/\n\n{lines}\n{';'.join(signed)}\n{sha256(body).hexdigest()}"
    scope = (now[:8], REGION, "dynamodb", "aws4_request")
    key = b"AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"].encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = f"AWS4-HMAC-SHA256\n{now}\n{'/'.join(scope)}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{'/'.join(scope)}, "
        f"SignedHeaders={';'.join(list(signed))}, Signature={signature}"
    )
    connection.request("POST", "/", body, signed)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Place the order in the body, once for each Idempotency-Key."""
    new_order = decode(event["body"])
    member = event["requestContext"]["authorizer"]["claims"]["sub"]
    key = f"{member}#{event['headers']['Idempotency-Key']}"
    claim = {
        "TableName": os.environ["IDEMPOTENCY_TABLE"],
        "Item": {"id": {"S": key}, "order_id": {"S": context.aws_request_id}},
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    order_id = call("PutItem", claim).get("Item", claim["Item"])["order_id"]["S"]
    order = {"order_id": order_id, **msgspec.to_builtins(new_order)}
    item = {"member_id": {"S": member}, "order_id": {"S": order_id}, "order": {"S": json.dumps(order)}}
    call("PutItem", {"TableName": os.environ["ORDERS_TABLE"], "Item": item})
    return {"statusCode": 202, "body": json.dumps(order)}
