"""GET /orders: the member's orders, newest first, a page at a time."""

from typing import Annotated

import msgspec

from orders.models import OrderPage
from orders.repository import Orders
from shared import config
from shared.cursors import Cursors
from shared.http import Request, Response, api, json_response
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    orders_table: str
    cursor_key: Annotated[str, msgspec.Meta(min_length=16)]


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query parameters that the operation reads."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: str | None = None


settings = config.read(Settings)
orders = Orders(Table(settings.orders_table))
cursors = Cursors(settings.cursor_key, "listOrders")


@api
def handler(request: Request) -> Response:
    """Answer with a page of orders, and the cursor of the next one unless it is the last."""
    member, query = request.caller.id, request.query(Query)
    after = None if query.cursor is None else str(cursors.read(member, query.cursor)["order_id"])
    page, last = orders.page(member, query.limit, after)
    return json_response(200, OrderPage(page, cursors.issue(member, {"order_id": last}) if last else None))
