"""POST /orders: takes an order and answers where to follow it."""

import msgspec

from orders.models import NewOrder
from orders.placing import place_order
from orders.repository import Orders
from shared import config
from shared.http import Request, Response, api, json_response
from shared.idempotency import IdempotencyKey
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    orders_table: str
    idempotency_table: str


class Headers(msgspec.Struct, frozen=True):
    """The headers that the operation reads."""

    idempotency_key: IdempotencyKey


settings = config.read(Settings)
orders = Orders(Table(settings.orders_table))
claims = Table(settings.idempotency_table)


@api
def handler(request: Request) -> Response:
    """Place the order in the body, once for each Idempotency-Key."""
    key = request.headers(Headers).idempotency_key
    order = place_order(request.caller.id, key, request.json(NewOrder), orders, claims)
    return json_response(202, order, {"Location": f"orders/{order.order_id}"})
