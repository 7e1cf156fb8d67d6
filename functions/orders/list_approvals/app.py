"""GET /staff/approvals: the orders that wait for staff, the one that has waited longest first."""

from typing import Annotated

import msgspec

from orders.access import staff_only
from orders.approval import ApprovalPage, Awaiting
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
awaiting = Awaiting(Table(settings.orders_table))
cursors = Cursors(settings.cursor_key, "listApprovals")


@api
def handler(request: Request) -> Response:
    """Answer with a page of orders, and the cursor of the next one unless it is the last."""
    caller, query = staff_only(request.caller), request.query(Query)
    after = None if query.cursor is None else cursors.read(caller, query.cursor)
    page, last = awaiting.page(query.limit, after)
    return json_response(200, ApprovalPage(page, cursors.issue(caller, last) if last else None))
