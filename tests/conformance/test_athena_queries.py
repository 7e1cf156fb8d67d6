"""A query of Athena has its parameters, runs once a token, as its workgroup says, and can be stopped."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.athena import SECONDS, Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

SLOW = "SELECT count(*) FROM range(200000000) AS t(i) WHERE i % 7 = 3"


@pytest.fixture
def warehouse(client: Callable[[str], Any]) -> Warehouse:
    made = Warehouse(client)
    made.table("words", "word string", "number int")
    made.put("words/1", '{"word": "one", "number": 1}', '{"word": "it\'s two", "number": 2}', '{"number": 3}')
    return made


def refused(warehouse: Warehouse, query: str, **request: Any) -> bool:
    """Tell whether Athena takes a query for an invalid request."""
    try:
        warehouse.start(query, **request)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "InvalidRequestException")
    return False


def test_parameters_take_the_place_of_question_marks(warehouse: Warehouse) -> None:
    query = "SELECT number FROM words WHERE word = ? AND number < ? AND word <> '?'"

    assert warehouse.rows(query, ExecutionParameters=["'it''s two'", "3"]) == [["2"]]


@pytest.mark.parametrize("parameters", [["1", "2"], ["1 OR TRUE"]], ids=str)
def test_parameters_that_do_not_fit_are_refused(warehouse: Warehouse, parameters: list[str]) -> None:
    query = "SELECT word FROM words WHERE number = ?"

    assert refused(warehouse, query, ExecutionParameters=parameters)


def test_a_token_starts_one_query(warehouse: Warehouse) -> None:
    token = str(uuid.uuid4())
    once = warehouse.start("SELECT 1", ClientRequestToken=token)

    assert warehouse.start("SELECT 1", ClientRequestToken=token) == once
    assert refused(warehouse, "SELECT 2", ClientRequestToken=token)


def test_the_result_is_the_object_that_the_query_names(warehouse: Warehouse) -> None:
    told = warehouse.finished(warehouse.start("SELECT word, number FROM words ORDER BY number"))

    location = told["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{warehouse.name}/results/{told['QueryExecutionId']}.csv"
    key = location.removeprefix(f"s3://{warehouse.name}/")
    body = warehouse.s3.get_object(Bucket=warehouse.name, Key=key)["Body"].read().decode()
    assert body == '"word","number"\n"one","1"\n"it\'s two","2"\n,"3"\n'


def test_a_client_cannot_send_the_result_elsewhere(warehouse: Warehouse) -> None:
    elsewhere = {"OutputLocation": f"s3://{warehouse.name}/elsewhere/"}

    told = warehouse.finished(warehouse.start("SELECT 1", ResultConfiguration=elsewhere))

    assert told["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{warehouse.name}/results/")


def test_there_is_no_query_without_its_workgroup(warehouse: Warehouse) -> None:
    warehouse.athena.update_work_group(WorkGroup=warehouse.name, State="DISABLED")

    assert refused(warehouse, "SELECT 1")


def test_a_query_that_is_stopped_stays_so(warehouse: Warehouse, stock: bool) -> None:
    query_id = warehouse.start(SLOW)

    warehouse.athena.stop_query_execution(QueryExecutionId=query_id)
    at_once = warehouse.finished(query_id)["Status"]["State"]
    warehouse.finished(warehouse.start(SLOW))  # by then the first would have ended too, or soon
    deadline = time.monotonic() + (SECONDS if stock else 1)
    while (later := warehouse.finished(query_id)["Status"]["State"]) == at_once:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)

    assert (at_once, later) == ("CANCELLED", "CANCELLED")


def test_what_is_scanned_is_what_the_objects_weigh(warehouse: Warehouse) -> None:
    size = warehouse.put("words/2.gz", *['{"word": "again", "number": 4}'] * 100)

    told = warehouse.finished(warehouse.start("SELECT count(*) FROM words WHERE number = 4"))

    scanned = told["Statistics"]["DataScannedInBytes"]
    assert size < scanned < size + 200


def test_a_query_that_scans_more_than_its_workgroup_allows_is_cancelled(client: Callable[[str], Any]) -> None:
    warehouse = Warehouse(client, BytesScannedCutoffPerQuery=10_000_000)
    warehouse.table("words", "word string")
    warehouse.put("words/1", *['{"word": "' + "x" * 1_000_000 + '"}'] * 11)

    told = warehouse.finished(warehouse.start("SELECT count(*) FROM words"))

    assert told["Status"]["State"] == "CANCELLED"
    assert "limit was exceeded" in told["Status"]["StateChangeReason"]
