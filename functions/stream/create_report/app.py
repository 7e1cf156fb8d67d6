"""POST /reports: has a report on the archive made, and answers where to follow it."""

import msgspec

from shared import config
from shared.http import Request, Response, api, json_response
from shared.idempotency import IdempotencyKey
from shared.tables import Table
from shared.workflows import Workflow
from stream.reports import NewReport, Reports


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    reports_table: str
    claims_table: str
    state_machine: str


class Headers(msgspec.Struct, frozen=True):
    """The headers that the operation reads."""

    idempotency_key: IdempotencyKey


settings = config.read(Settings)
reports = Reports(
    Table(settings.reports_table), Table(settings.claims_table), Workflow(settings.state_machine)
)


@api
def handler(request: Request) -> Response:
    """Begin the report in the body, once for each Idempotency-Key."""
    key = request.headers(Headers).idempotency_key
    report = reports.create(request.caller.id, key, request.json(NewReport))
    return json_response(202, report, {"Location": f"reports/{report.report_id}"})
