"""POST /orders/{order_id}/cancel: decides that an order is cancelled, unless its outcome is decided."""

import msgspec

from orders.repository import Orders
from shared import config
from shared.http import Request, Response, api, json_response
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    orders_table: str


settings = config.read(Settings)
orders = Orders(Table(settings.orders_table))


@api
def handler(request: Request) -> Response:
    """Answer with the order, whose saga now undoes what was done, or 409 when it is too late."""
    order = orders.cancel(request.caller.id, request.path_parameter("order_id"))
    return json_response(202, order, {"Location": f"../{order.order_id}"})
