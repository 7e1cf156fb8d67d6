"""POST /orders/{order_id}/approval, and its door for tools: staff's answer to an order."""

import msgspec

from orders.access import staff_only
from orders.approval import Answer, Approvals
from shared import config
from shared.http import Request, Response, api, json_response
from shared.tables import Table
from shared.workflows import Tasks


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    approvals_table: str
    orders_table: str


settings = config.read(Settings)
approvals = Approvals(Table(settings.approvals_table), Table(settings.orders_table), Tasks())


@api
def handler(request: Request) -> Response:
    """Answer with the answer that the order now has, or 409 when it waits for none any more."""
    by = request.tool or staff_only(request.caller)
    given = request.json(Answer)
    return json_response(200, approvals.answer(request.path_parameter("order_id"), given, by))
