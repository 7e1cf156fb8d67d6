"""GET /orders/{order_id}: one order of the member, as it is now."""

from typing import Annotated

import msgspec

from orders.repository import Orders
from shared import config
from shared.http import Request, Response, api, current_response
from shared.tables import Table

SECONDS_TO_ASK_AGAIN = {"PENDING": "1", "AWAITING_APPROVAL": "60"}


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    orders_table: str


class Headers(msgspec.Struct, frozen=True):
    """The headers that the operation reads."""

    if_none_match: Annotated[str, msgspec.Meta(max_length=1024)] = ""


settings = config.read(Settings)
orders = Orders(Table(settings.orders_table))


@api
def handler(request: Request) -> Response:
    """Answer with the order, 304 when the caller has it as it is, or 404 when the member has none such."""
    order = orders.get(request.caller.id, request.path_parameter("order_id"))
    seconds = SECONDS_TO_ASK_AGAIN.get(order.status)
    asking_again = {"Retry-After": seconds} if seconds else {}
    return current_response(order, request.headers(Headers).if_none_match, asking_again)
