"""A query of Athena has its parameters, runs once a token, as its workgroup says, and can be stopped.

The stock engine leaves ExecutionParameters and ClientRequestToken aside, lets a client choose where results
go whatever the workgroup enforces, writes them somewhere else than it says, counts what a query answers as
what it scanned, and a query that was stopped succeeds all the same.

https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html
https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html

A parameter is a literal: a quoted string or a number. All objects under a table's location count as scanned,
for the engine reads them all.
"""

from __future__ import annotations

import contextvars
import functools
import json
import re
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json, get_account_id, get_region, new_uuid
from ministack.services import athena, s3

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

OK = 200
LITERAL = re.compile(r"'(?:[^']|'')*'|-?\d+(?:\.\d+)?")
SCANNED: contextvars.ContextVar[list[int] | None] = contextvars.ContextVar("scanned", default=None)


class RefusedError(Exception):
    """A query that is not started; the message says why."""


class Status(dict[str, Any]):
    """How a query stands: once it is cancelled, nothing else."""

    def __setitem__(self, key: str, value: Any) -> None:
        if self.get("State") != "CANCELLED" or key == "CompletionDateTime":
            super().__setitem__(key, value)


def with_parameters(query: str, parameters: list[str]) -> str:
    """Return a query with literals for its question marks, in their order.

    Raises
    ------
    RefusedError
        When there are more or less of them than question marks, or one is no literal.
    """
    marks = [token for token in athena._sql_tokens(query) if token[:2] == ("punct", "?")]
    if len(marks) != len(parameters):
        raise RefusedError(
            f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}"
        )
    for (_, _, start, end), value in reversed(list(zip(marks, parameters, strict=True))):
        if not LITERAL.fullmatch(value):
            raise RefusedError(f"{value} is not a literal")
        query = query[:start] + value + query[end:]
    return query


def as_the_workgroup_says(request: Json) -> Json:
    """Return a request with its results where the workgroup wants them.

    Raises
    ------
    RefusedError
        When there is no such workgroup, or it is disabled.
    """
    workgroup = athena._workgroups.get(request.get("WorkGroup", "primary"))
    if workgroup is None:
        raise RefusedError("WorkGroup is not found.")
    if workgroup["State"] != "ENABLED":
        raise RefusedError("WorkGroup is disabled.")
    settings = workgroup.get("Configuration") or {}
    enforced = str(settings.get("EnforceWorkGroupConfiguration", "true")).lower() == "true"
    of_workgroup = settings.get("ResultConfiguration") or {}
    of_client = request.get("ResultConfiguration") or {}
    wanted = of_workgroup if enforced and of_workgroup else {**of_workgroup, **of_client}
    if wanted.get("OutputLocation"):
        wanted = {**wanted, "OutputLocation": wanted["OutputLocation"].rstrip("/") + "/"}
    return {**request, "ResultConfiguration": wanted}


def cutoff(execution: Json) -> int | None:
    """Return how many bytes a query may scan."""
    workgroup = athena._workgroups.get(execution["WorkGroup"]) or {}
    limit = (workgroup.get("Configuration") or {}).get("BytesScannedCutoffPerQuery")
    return int(limit) if limit else None


def as_csv(columns: list[Any], rows: list[list[Any]]) -> bytes:
    """Return a result as Athena writes it: every value in quotes, and nothing for NULL."""

    def quoted(value: Any) -> str:
        return "" if value is None else '"' + athena._datum_text(value).replace('"', '""') + '"'

    return "".join(",".join(map(quoted, row)) + "\n" for row in [columns, *rows]).encode()


def save(query_id: str) -> None:
    """Write a result to the place that the query names, unless it was stopped."""
    execution = athena._executions[query_id]
    if execution["Status"]["State"] == "CANCELLED":
        return
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    results = execution["_results"]
    about = ",".join(results["columns"]) + "\n" + ",".join(execution["_column_types"])
    for name, body in ((key, as_csv(**results)), (f"{key}.metadata", about.encode())):
        headers = {"content-type": "application/octet-stream", "content-length": str(len(body))}
        status, *_ = s3._put_object(bucket, name, body, headers)
        if status != OK:
            execution["Status"]["State"] = "FAILED"
            execution["Status"]["StateChangeReason"] = f"The output location {bucket} cannot be written"
            return


class Starts:
    """The queries that were started with a token, and the stock engine's way to start one."""

    def __init__(self, start: Callable[[Json], Any]) -> None:
        self._start = start
        self._known: dict[tuple[str, str, str], tuple[Json, Any]] = {}

    def once(self, request: Json) -> Any:
        """Start a query, unless one was started with its token; then the answer is that one's."""
        key = (get_account_id(), get_region(), request.get("ClientRequestToken") or new_uuid())
        earlier, answer = self._known.get(key, (request, None))
        if earlier != request:
            return error_response_json("InvalidRequestException", "Idempotent parameters do not match", 400)
        if answer is None:
            answer = self._started(request)
            self._known[key] = (request, answer)
        return answer

    def _started(self, request: Json) -> Any:
        try:
            asked = as_the_workgroup_says(request)
            parameters = request.get("ExecutionParameters") or []
            asked["QueryString"] = with_parameters(request.get("QueryString", ""), parameters)
        except RefusedError as error:
            return error_response_json("InvalidRequestException", str(error), 400)
        answer = self._start(asked)
        query_id = json.loads(answer[2]).get("QueryExecutionId")
        if query_id is not None:
            execution = athena._executions[query_id]
            execution["Query"] = request.get("QueryString", "")
            execution["Status"] = Status(execution["Status"])
        return answer


async def end(query_id: str) -> None:
    """Count what a query scanned, cancel it if that is too much, and write what it answers otherwise."""
    execution, scanned = athena._executions[query_id], sum(SCANNED.get() or [])
    execution["Statistics"]["DataScannedInBytes"] = scanned
    limit = cutoff(execution)
    if limit is not None and scanned > limit:
        execution["Status"]["StateChangeReason"] = "Query cancelled! : Bytes scanned limit was exceeded"
        execution["Status"]["State"] = "CANCELLED"
    save(query_id)


def fill() -> None:
    """Start queries as they are asked for, and end them as they are."""
    execute, read = athena._execute_query, athena._materialize_table_files

    @functools.wraps(execute)
    async def execute_and_count(query_id: str, *given: Any) -> None:
        SCANNED.set([])
        await execute(query_id, *given)

    @functools.wraps(read)
    def count(location: str, workdirs: list[str]) -> Any:
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        objects = (s3._buckets.get(bucket) or {"objects": {}})["objects"]
        sizes = [known["size"] for key, known in list(objects.items()) if key.startswith(prefix)]
        counted = SCANNED.get()
        if counted is not None:
            counted.extend(sizes)
        return read(location, workdirs)

    athena._start_query_execution = Starts(athena._start_query_execution).once
    athena._execute_query = execute_and_count
    athena._materialize_table_files = count
    athena._save_query_results = end
