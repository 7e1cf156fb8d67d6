"""GET /reports/{report_id}: how far a report of the member is, and where its result is."""

from typing import Annotated

import msgspec

from shared import config
from shared.http import Request, Response, api, current_response
from shared.links import Links
from shared.tables import Table
from stream.reports import find

SECONDS_TO_ASK_AGAIN = "2"


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    reports_table: str


class Headers(msgspec.Struct, frozen=True):
    """The headers that the operation reads."""

    if_none_match: Annotated[str, msgspec.Meta(max_length=1024)] = ""


table = Table(config.read(Settings).reports_table)
links = Links()


@api
def handler(request: Request) -> Response:
    """Answer with the report, 304 when the caller has it as it is, or 404 when the member has none such."""
    report = find(table, links, request.caller.id, request.path_parameter("report_id"))
    asking_again = {"Retry-After": SECONDS_TO_ASK_AGAIN} if report.status == "RUNNING" else {}
    return current_response(report, request.headers(Headers).if_none_match, asking_again)
