"""POST /orders/{order_id}/cancel: decides that an order is cancelled, unless its outcome is decided."""

import msgspec

from orders.approval import Approvals
from orders.repository import Orders
from shared import config
from shared.http import Request, Response, api, json_response
from shared.tables import Table
from shared.workflows import Tasks


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    approvals_table: str
    orders_table: str


settings = config.read(Settings)
table = Table(settings.orders_table)
orders = Orders(table)
approvals = Approvals(Table(settings.approvals_table), table, Tasks())


@api
def handler(request: Request) -> Response:
    """Answer with the order, whose saga now undoes what was done, or 409 when it is too late."""
    order = orders.cancel(request.caller.id, request.path_parameter("order_id"))
    if order.status == "AWAITING_APPROVAL":
        approvals.wake(order.order_id)
    return json_response(202, order, {"Location": f"../{order.order_id}"})
