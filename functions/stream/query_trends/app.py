"""GET /trends and GET /trends/history: the top of a window, and a hashtag over time."""

import time
from typing import Annotated

import msgspec

from shared import config
from shared.cursors import Cursors
from shared.http import Request, Response, api, current_response
from shared.tables import Table
from stream import queries
from stream.trends import Trends
from stream.windows import Windows


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    trends_table: str
    window_seconds: int
    late_seconds: int
    cursor_key: Annotated[str, msgspec.Meta(min_length=16)]


class Headers(msgspec.Struct, frozen=True):
    """The headers that the operations read."""

    if_none_match: Annotated[str, msgspec.Meta(max_length=1024)] = ""


settings = config.read(Settings)
windows = Windows(settings.window_seconds)
trends = Trends(Table(settings.trends_table))
tops, histories = (Cursors(settings.cursor_key, name) for name in ("getTrends", "getHistory"))


@api
def handler(request: Request) -> Response:
    """Answer with a page and for how long it keeps, or 304 when the caller has it as it is."""
    known, now = request.headers(Headers).if_none_match, time.time()
    page: queries.TopPage | queries.HistoryPage
    if request.resource == "/trends":
        page = queries.top(trends, windows, tops, request.query(queries.TopQuery), now)
        last = page.window_start
    else:
        page = queries.history(trends, windows, histories, request.query(queries.HistoryQuery), now)
        last = page.until
    seconds = queries.seconds_to_keep(windows, last, settings.late_seconds, now)
    return current_response(page, known, {"Cache-Control": f"private, max-age={seconds}"})
