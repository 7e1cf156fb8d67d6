"""GET /search: posts that a member may read, best first, a page at a time."""

from typing import Annotated

import msgspec

from mobile.search import engines
from mobile.search.asking import Parameters, answer
from shared import config
from shared.cursors import Cursors
from shared.http import Request, Response, api, json_response


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables, but for the engine's."""

    cursor_key: Annotated[str, msgspec.Meta(min_length=16)]


settings = config.read(Settings)
finder = engines.finder(config.read(engines.Settings))
cursors = Cursors(settings.cursor_key, "search")


@api
def handler(request: Request) -> Response:
    """Answer with a page of what is found, its tags, and the next page's cursor unless it is the last."""
    return json_response(200, answer(request.caller.id, request.query(Parameters), finder, cursors))
