"""POST /orders/{order_id}/approval, and its door for tools: staff's answer to an order."""

import msgspec

from orders.approval import Answer, Approvals
from shared import config
from shared.http import Request, Response, api, json_response
from shared.problems import Forbidden
from shared.tables import Table
from shared.workflows import Tasks

STAFF = "staff"


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    approvals_table: str
    orders_table: str


settings = config.read(Settings)
approvals = Approvals(Table(settings.approvals_table), Table(settings.orders_table), Tasks())


def staff(request: Request) -> str:
    """Return who answers: a tool's ARN, which IAM let in, or the id of somebody in the group staff."""
    if request.tool is not None:
        return request.tool
    if STAFF not in request.caller.groups:
        raise Forbidden("Only staff answer orders.")
    return request.caller.id


@api
def handler(request: Request) -> Response:
    """Answer with the answer that the order now has, or 409 when it waits for none any more."""
    by = staff(request)
    given = request.json(Answer)
    return json_response(200, approvals.answer(request.path_parameter("order_id"), given, by))
