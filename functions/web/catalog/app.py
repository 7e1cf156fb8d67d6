"""The catalogue, all of it in one function: everybody reads, staff write."""

from typing import Annotated

import msgspec

from shared import config
from shared.cursors import Cursors
from shared.http import Request, Response, api, current_response, json_response
from shared.tables import Table
from web.access import Conditions, Query, how_kept, known_revision, may_see, staff_only
from web.models import NewProduct, Offer, ProductPage
from web.repository import Products


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    products_table: str
    cursor_key: Annotated[str, msgspec.Meta(min_length=16)]


settings = config.read(Settings)
products = Products(Table(settings.products_table))
cursors = Cursors(settings.cursor_key, "listProducts")


@api
def handler(request: Request) -> Response:
    """Do what the method says, with one product or with all of them."""
    match request.operation:
        case "GET /products":
            caller, query = request.visitor, request.query(Query)
            search = query.search(caller)
            after = cursors.read(repr(search), query.cursor) if query.cursor else None
            page, last = products.page(search, query.limit, after)
            cursor = cursors.issue(repr(search), last) if last else None
            return json_response(200, ProductPage(page, cursor), how_kept(caller))
        case "GET /products/{product_id}":
            caller, has = request.visitor, request.headers(Conditions).if_none_match
            found = products.get(request.path_parameter("product_id"), consistent=caller is not None)
            return current_response(may_see(caller, found.product), has, how_kept(caller), found.revision)
    staff_only(request.caller)
    if request.operation == "POST /products":
        made = products.add(request.json(NewProduct))
        return json_response(
            201, made.product, {**made.tag, "Location": f"products/{made.product.product_id}"}
        )
    product_id = request.path_parameter("product_id")
    known = known_revision(request.headers(Conditions).if_match)
    if request.operation == "DELETE /products/{product_id}":
        products.remove(product_id, known)
        return Response(204, "", {})
    kept = products.replace(product_id, request.json(Offer), known)
    return json_response(200, kept.product, kept.tag)
