"""GET /staff/partners: everybody who has registered an application, the latest first."""

from typing import Annotated

import msgspec

from orders.access import staff_only
from orders.partners import PartnerPage, Partners
from shared import config
from shared.cursors import Cursors
from shared.http import Request, Response, api, json_response
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    partners_table: str
    cursor_key: Annotated[str, msgspec.Meta(min_length=16)]


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query parameters that the operation reads."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: str | None = None


settings = config.read(Settings)
partners = Partners(Table(settings.partners_table))
cursors = Cursors(settings.cursor_key, "listPartners")


@api
def handler(request: Request) -> Response:
    """Answer with a page of partners, and the cursor of the next one unless it is the last."""
    caller, query = staff_only(request.caller), request.query(Query)
    after = None if query.cursor is None else cursors.read(caller, query.cursor)
    page, last = partners.page(query.limit, after)
    return json_response(200, PartnerPage(page, cursors.issue(caller, last) if last else None))
