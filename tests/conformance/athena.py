"""A bucket, a database and a workgroup for tests of Athena."""

from __future__ import annotations

import gzip
import time
import uuid
from typing import TYPE_CHECKING, Any

from local.engine.process import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 120
OPENX = "org.openx.data.jsonserde.JsonSerDe"


class Warehouse:
    """A workgroup that writes into its own bucket, and a database of tables over it."""

    def __init__(self, client: Callable[[str], Any], **settings: Any) -> None:
        self.s3, self.athena, self._glue = client("s3"), client("athena"), client("glue")
        self.name = f"w{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self._glue.create_database(DatabaseInput={"Name": self.name})
        results = {"ResultConfiguration": {"OutputLocation": f"s3://{self.name}/results/"}}
        self.athena.create_work_group(Name=self.name, Configuration={**results, **settings})

    def table(self, name: str, *columns: str, serde: dict[str, str] | None = None, **table: Any) -> None:
        """Declare a table over the objects of JSON under its name; columns are `name type`."""
        self._glue.create_table(
            DatabaseName=self.name,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "StorageDescriptor": {
                    "Columns": [
                        dict(zip(("Name", "Type"), column.split(), strict=True)) for column in columns
                    ],
                    "Location": f"s3://{self.name}/{name}/",
                    "SerdeInfo": {"SerializationLibrary": OPENX, "Parameters": serde or {}},
                },
                **table,
            },
        )

    def put(self, key: str, *lines: str) -> int:
        """Put an object of lines, compressed where its name says so, and return its size."""
        body = "".join(f"{line}\n" for line in lines).encode()
        body = gzip.compress(body) if key.endswith(".gz") else body
        self.s3.put_object(Bucket=self.name, Key=key, Body=body)
        return len(body)

    def start(self, query: str, **request: Any) -> str:
        """Start a query and return its id."""
        context = {"Database": self.name}
        return str(
            self.athena.start_query_execution(
                QueryString=query, QueryExecutionContext=context, WorkGroup=self.name, **request
            )["QueryExecutionId"]
        )

    def finished(self, query_id: str) -> dict[str, Any]:
        """Wait for a query's end and return what it is told as."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            told: dict[str, Any] = self.athena.get_query_execution(QueryExecutionId=query_id)[
                "QueryExecution"
            ]
            if told["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                break
            time.sleep(0.05)
        return told

    def rows(self, query: str, **request: Any) -> list[list[str | None]]:
        """Return a query's rows, without the one of names."""
        query_id = self.start(query, **request)
        told = self.finished(query_id)
        assert told["Status"]["State"] == "SUCCEEDED", told["Status"]
        found = self.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        return [[value.get("VarCharValue") for value in row["Data"]] for row in found[1:]]
