"""Reports: which days, once for each key, and what their member is told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import aws, tables
from shared.idempotency import KeyReused
from shared.links import Links
from shared.tables import Table
from shared.workflows import Workflow
from stream import reports
from stream.reports import MAX_DAYS, NewReport, ReportNotFound, Reports, WrongDays, check, find
from tests.unit.functions import Context, load, sample_event
from tests.unit.orders.fakes import Crash, FakeTable

DAYS = NewReport("2026-01-01", "2026-01-07")


class Executions:
    """Step Functions' client: remembers what was started."""

    def __init__(self) -> None:
        self.started: dict[str, Any] = {}

    def start_execution(self, **given: Any) -> dict[str, Any]:
        self.started[given["name"]] = json.loads(given["input"])
        return {}


class World:
    """Reports over tables in memory."""

    def __init__(self) -> None:
        self.table, self.claims = FakeTable("member_id", "report_id"), FakeTable("id")
        self.executions = Executions()
        self.reports = Reports(
            cast("Table", self.table), cast("Table", self.claims), Workflow("arn", self.executions)
        )

    def find(self, member: str, report_id: str) -> reports.Report:
        class Signer:
            def generate_presigned_url(self, _: str, **given: Any) -> str:
                return "https://{Bucket}/{Key}".format(**given["Params"]) + f"?{given['ExpiresIn']}"

        return find(cast("Table", self.table), Links(Signer()), member, report_id)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_days_are_of_the_past_in_their_order_and_not_too_many(since: date, until: date) -> None:
    today = date(2026, 11, 21)
    fits = since <= until <= today and (until - since).days < MAX_DAYS

    asked = NewReport(since.isoformat(), until.isoformat())

    if fits:
        check(asked, today)
    else:
        with pytest.raises(WrongDays) as refused:
            check(asked, today)
        assert refused.value.errors[0].field in {"/since", "/until"}


def test_a_day_that_is_in_no_calendar_is_named() -> None:
    with pytest.raises(WrongDays) as refused:
        check(NewReport("2026-02-30", "2026-03-01"), date(2026, 11, 21))

    assert refused.value.errors[0].field == "/since"


def test_a_report_is_begun_once_for_a_key() -> None:
    world = World()

    once, again = (world.reports.create("ann", "k" * 8, DAYS) for _ in range(2))
    other = world.reports.create("ann", "l" * 8, DAYS)
    bens = world.reports.create("ben", "k" * 8, DAYS)

    assert once == again
    assert len({once.report_id, other.report_id, bens.report_id}) == 3
    assert set(world.executions.started) == {once.report_id, other.report_id, bens.report_id}
    assert world.executions.started[once.report_id] == {
        "member_id": "ann",
        "report_id": once.report_id,
        "since": "2026-01-01",
        "until": "2026-01-07",
    }
    with pytest.raises(KeyReused):
        world.reports.create("ann", "k" * 8, NewReport("2026-01-01", "2026-01-08"))


@pytest.mark.parametrize("at", ["claims", "table"])
def test_a_try_that_dies_is_carried_on_by_the_next(at: str) -> None:
    world = World()
    dying: FakeTable = getattr(world, at)
    dying.crash_at = "PutItem"
    with pytest.raises(Crash):
        world.reports.create("ann", "k" * 8, DAYS)

    report = world.reports.create("ann", "k" * 8, DAYS)

    assert list(world.executions.started) == [report.report_id]
    assert world.find("ann", report.report_id) == report


def test_a_retry_is_told_how_far_the_report_is_meanwhile() -> None:
    world = World()
    report = world.reports.create("ann", "k" * 8, DAYS)
    world.table.items["ann", report.report_id]["status"] = "CANCELLED"

    assert world.reports.create("ann", "k" * 8, DAYS).status == "CANCELLED"


def test_a_result_is_a_link_and_somebody_elses_report_is_none() -> None:
    world = World()
    report_id = world.reports.create("ann", "k" * 8, DAYS).report_id
    world.table.items["ann", report_id] |= {"status": "SUCCEEDED", "result_location": "s3://b/results/1.csv"}

    result = world.find("ann", report_id).result

    assert result is not None
    assert (result.url, result.expires_in) == ("https://b/results/1.csv?900", 900)
    for member, wrong in (("ben", report_id), ("ann", "no-id"), ("ann", "")):
        with pytest.raises(ReportNotFound):
            world.find(member, wrong)


def test_a_report_that_runs_for_longer_than_it_can_is_lost() -> None:
    world = World()
    report_id = world.reports.create("ann", "k" * 8, DAYS).report_id
    long_ago = datetime.now(UTC) - timedelta(seconds=reports.LOST_SECONDS + 1)
    world.table.items["ann", report_id]["created_at"] = long_ago.isoformat()

    report = world.find("ann", report_id)

    assert (report.status, report.reason) == ("FAILED", "LOST")


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    made = {"reports": FakeTable("member_id", "report_id"), "claims": FakeTable("id")}
    executions = Executions()
    monkeypatch.setattr(tables, "client", lambda: None)
    monkeypatch.setattr(aws, "client", lambda _: executions)
    environment = {"REPORTS_TABLE": "reports", "CLAIMS_TABLE": "claims", "STATE_MACHINE": "arn"}
    loaded = {
        name: load("stream", name, monkeypatch, environment) for name in ("create_report", "get_report")
    }
    reports = Reports(
        cast("Table", made["reports"]), cast("Table", made["claims"]), Workflow("arn", executions)
    )
    monkeypatch.setattr(loaded["create_report"], "reports", reports)
    monkeypatch.setattr(loaded["get_report"], "table", made["reports"])
    return loaded


def test_the_functions_answer_as_the_contract_says(functions: dict[str, ModuleType]) -> None:
    created = functions["create_report"].handler(sample_event("stream", "create_report"), Context())
    report = json.loads(created["body"])
    event = sample_event("stream", "get_report")
    event["pathParameters"] = {"report_id": report["report_id"]}
    found = functions["get_report"].handler(event, Context())
    event["multiValueHeaders"]["If-None-Match"] = [found["headers"]["ETag"]]
    known = functions["get_report"].handler(event, Context())

    assert created["statusCode"] == 202
    assert created["headers"]["Location"] == f"reports/{report['report_id']}"
    assert (found["statusCode"], json.loads(found["body"])) == (200, report)
    assert found["headers"]["Retry-After"] == "2"
    assert (known["statusCode"], known["body"]) == (304, "")


def test_a_link_is_signed_for_the_bucket_of_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    link = Links().to("s3://archive/results/a b.csv", 900)

    assert link.startswith("https://archive.s3.eu-west-1.amazonaws.com/results/a%20b.csv?")
    assert "X-Amz-Expires=900" in link
    assert "X-Amz-Signature=" in link
