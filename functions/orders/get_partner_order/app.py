"""GET /partner/orders/{order_id}: one order of the account that the partner acts for, as it is now."""

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
    """Answer with the order, or 404 when the account has none with this id."""
    return json_response(200, orders.get(request.signer.id, request.path_parameter("order_id")))
