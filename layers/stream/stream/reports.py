"""Reports on the archive: what was posted about from one day to another, by a query that takes its time.

A report is an item of ReportsTable, and the execution of a state machine under the same id
(statemachines/trend_report.asl.yaml), which runs the query and tells in the item how far it is.

| attribute of ReportsTable | holds |
| --- | --- |
| `member_id` | partition key: the Cognito `sub` of the member |
| `report_id` | sort key: a UUIDv7 |
| as in `Report` | what the member sees |
| `result_location` | `s3://` and where the result is, once there is one |
| `expires_at` | when DynamoDB may delete it (TTL), in seconds since 1970 |

How a report ends is decided once, by whoever changes its status from RUNNING first: the state machine, or the
member, who cancels it through the API's own call of DynamoDB (functions/stream/openapi.yaml, cancelReport).
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from shared import idempotency
from shared.ids import is_uuid7, uuid7
from shared.problems import FieldError, NotFound, UnprocessableContent

if TYPE_CHECKING:
    from shared.items import Item
    from shared.links import Links
    from shared.tables import Table
    from shared.workflows import Workflow

OPERATION = "createReport"  # the operationId of the contract
MAX_DAYS = 31
KEPT_SECONDS = 7 * 24 * 60 * 60  # as long as functions/stream/archive.yaml keeps results
LOST_SECONDS = 1800  # longer than the state machine's worst case
LINK_SECONDS = 900

Day = Annotated[str, msgspec.Meta(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}\Z")]


class NewReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which days to report on, both included: those that posts arrived on, in UTC."""

    since: Day
    until: Day


class Result(msgspec.Struct, frozen=True):
    """Where the result is: a table in CSV, `hashtag` and `posts`, for as long as the link is good."""

    url: str
    expires_in: int


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """A report as its member sees it."""

    report_id: str
    status: Literal["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
    since: str
    until: str
    created_at: str
    polls: int = 0
    query_state: str = ""
    scanned_bytes: int = 0
    ended_at: str = ""
    reason: str = ""
    result: Result | None = None


class Job(msgspec.Struct, frozen=True):
    """The input of the state machine."""

    member_id: str
    report_id: str
    since: str
    until: str


class ReportNotFound(NotFound):
    """The member has no report with this id."""

    def __init__(self) -> None:
        super().__init__("You have no such report.")


class WrongDays(UnprocessableContent):
    """The days are none, or not such as a report is made of."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__("There is no report on these days.", [FieldError(f"/{field}", detail)])


class Reports:
    """The reports of all members.

    Parameters
    ----------
    table, claims
        ReportsTable, and where idempotency keys are remembered.
    workflow
        The state machine that makes a report.
    """

    def __init__(self, table: Table, claims: Table, workflow: Workflow) -> None:
        self._table = table
        self._claims = claims
        self._workflow = workflow

    def create(self, member_id: str, key: str, asked: NewReport) -> Report:
        """Have a report made, or find what an earlier try with the same key began: two PutItems and a start.

        A try that dies between them is carried on by the next one.

        Raises
        ------
        WrongDays
            When the days are not days of the past or today, in their order, 31 at most.
        shared.idempotency.KeyReused
            When the key was used before for other days.
        """
        check(asked, datetime.now(UTC).date())
        claimed = idempotency.claim(
            self._claims,
            f"{member_id}#{OPERATION}#{key}",
            idempotency.fingerprint(asked),
            {"report_id": uuid7(), "created_at": _now()},
        )
        report = Report(claimed["report_id"], "RUNNING", asked.since, asked.until, claimed["created_at"])
        item: Item = {
            "member_id": member_id,
            **msgspec.to_builtins(report),
            "expires_at": int(time.time()) + KEPT_SECONDS,
        }
        stored = self._table.put_if("attribute_not_exists(report_id)", item)
        self._workflow.start(report.report_id, Job(member_id, report.report_id, asked.since, asked.until))
        return report if stored is None else _report(stored)


def find(table: Table, links: Links, member_id: str, report_id: str) -> Report:
    """Return a report as it is now, with a fresh link to its result. One strongly consistent GetItem.

    Raises
    ------
    ReportNotFound
        When the member has no such report.
    """
    item = (
        table.get({"member_id": member_id, "report_id": report_id}, consistent=True)
        if is_uuid7(report_id)
        else None
    )
    if item is None:
        raise ReportNotFound
    report = _report(item)
    if report.status == "SUCCEEDED":
        result = Result(links.to(item["result_location"], LINK_SECONDS), LINK_SECONDS)
        return msgspec.structs.replace(report, result=result)
    return report


def check(asked: NewReport, today: date) -> None:
    """Refuse days that there is no report on.

    Raises
    ------
    WrongDays
        When that is so; the error names the day.
    """
    since, until = _day("since", asked.since), _day("until", asked.until)
    if until > today:
        raise WrongDays("until", "is in the future")
    if since > until:
        raise WrongDays("since", "is after until")
    if (until - since).days >= MAX_DAYS:
        raise WrongDays("since", f"is more than {MAX_DAYS} days before the end of until")


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongDays(field, "is not a day of the calendar") from None


def _report(item: Item) -> Report:
    """Return a report from its item; one that has run for longer than it can is lost."""
    report = msgspec.convert(item, Report)
    began = datetime.fromisoformat(report.created_at)
    if report.status == "RUNNING" and (datetime.now(UTC) - began).total_seconds() > LOST_SECONDS:
        return msgspec.structs.replace(report, status="FAILED", reason="LOST")
    return report


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
