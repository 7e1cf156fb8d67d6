"""A table over JSON has the columns that it is declared with, whatever its objects hold.

The stock engine takes names and types from the objects: a column that no object has is unknown, a text that
looks like a time is one, and one line that is not JSON fails the query.

On AWS columns and types are the table's. What an object does not have is NULL; a line that is not JSON fails
the query, or is a row of NULLs where the SerDe says ignore.malformed.json.
https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html

A table's partitions are told by the folders `key=value` of its objects, as with a projection whose template
has that form.
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import athena, firehose

Json = dict[str, Any]


def relation(table: Json, files: list[str]) -> str:
    """Return the DuckDB relation over a table's objects of JSON, one value a line, gzipped or not."""
    storage = table["StorageDescriptor"]
    serde = (storage.get("SerdeInfo") or {}).get("Parameters") or {}
    lenient = str(serde.get("ignore.malformed.json", "false")).lower() == "true"
    columns = ", ".join(
        f"{_literal(column['Name'])}: {_literal(firehose._hive_to_duckdb_type(column.get('Type', 'string')))}"
        for column in storage["Columns"]
    )
    partitions = athena._path_partition_keys(table, files)
    return (
        f"read_json({athena._sql_list(files)}, format = 'newline_delimited', columns = {{{columns}}}, "
        f"ignore_errors = {str(lenient).lower()}, {athena._hive_options(partitions)})"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def fill() -> None:
    """Read JSON by the table's declaration."""
    stock = athena._table_relation

    @functools.wraps(stock)
    def declared(table: Json, files: list[str]) -> Any:
        if athena._data_format(table) == "json" and table["StorageDescriptor"].get("Columns"):
            return relation(table, files)
        return stock(table, files)

    athena._table_relation = declared
