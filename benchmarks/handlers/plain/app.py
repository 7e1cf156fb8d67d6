"""POST /orders as it is commonly written: boto3's table resource, Powertools' resolver, pydantic models.

It does what functions/orders/create_order does, and is packaged as SAM packages it when nothing is done about
start-up. It is here to be measured against (docs/cold-start.md), not as an example.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field

logger = Logger(service="orders")
metrics = Metrics(namespace="ServerlessLens", service="orders")
app = APIGatewayRestResolver(enable_validation=True)
dynamodb = boto3.resource("dynamodb")
orders = dynamodb.Table(os.environ["ORDERS_TABLE"])
claims = dynamodb.Table(os.environ["IDEMPOTENCY_TABLE"])


class Line(BaseModel):
    """One product of an order."""

    model_config = ConfigDict(extra="forbid", strict=True)

    product_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    quantity: int = Field(ge=1, le=99)
    unit_price: int = Field(ge=0, le=10**9)


class NewOrder(BaseModel):
    """What a member asks for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    lines: list[Line] = Field(min_length=1, max_length=50)


class Order(BaseModel):
    """An order as its member sees it."""

    order_id: str
    status: str
    currency: str
    total: int
    lines: list[Line]
    created_at: str


@app.post("/orders")
def create_order(
    new_order: NewOrder,
    idempotency_key: Annotated[str, Header(pattern=r"^[A-Za-z0-9_-]{8,64}$")],
) -> Response[Order]:
    """Place the order in the body, once for each Idempotency-Key."""
    member: str = app.current_event.request_context.authorizer.claims["sub"]
    claim = claim_once(f"{member}#createOrder#{idempotency_key}", new_order)
    order = Order(
        order_id=claim["order_id"],
        status="PENDING",
        currency=new_order.currency,
        total=sum(line.quantity * line.unit_price for line in new_order.lines),
        lines=new_order.lines,
        created_at=claim["created_at"],
    )
    orders.put_item(Item={"member_id": member, **order.model_dump()})
    metrics.add_metric(name="OrderPlaced", unit=MetricUnit.Count, value=1)
    location = {"Location": f"orders/{order.order_id}"}
    return Response(status_code=202, content_type="application/json", body=order, headers=location)


def claim_once(key: str, new_order: NewOrder) -> dict[str, Any]:
    """Return the id and the time that belong to the key."""
    now = int(time.time())
    record: dict[str, Any] = {
        "id": key,
        "body_hash": hashlib.sha256(json.dumps(new_order.model_dump(), sort_keys=True).encode()).hexdigest(),
        "outcome": {"order_id": str(uuid.uuid4()), "created_at": datetime.now(UTC).isoformat()},
        "expires_at": now + 24 * 60 * 60,
    }
    try:
        claims.put_item(Item=record, ConditionExpression="attribute_not_exists(id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        record = claims.get_item(Key={"id": key})["Item"]
    outcome: dict[str, Any] = record["outcome"]
    return outcome


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Resolve the request to its route."""
    return app.resolve(event, context)
