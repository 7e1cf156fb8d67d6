"""A table over JSON has the columns that it is declared with, whatever its objects hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.athena import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS: dict[str, Any] = {
    "PartitionKeys": [{"Name": "day", "Type": "string"}],
    "Parameters": {
        "projection.enabled": "true",
        "projection.day.type": "date",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.range": "2026-01-01,NOW",
    },
}


@pytest.fixture
def warehouse(client: Callable[[str], Any]) -> Warehouse:
    return Warehouse(client)


def test_a_column_that_no_object_has_is_null(warehouse: Warehouse) -> None:
    warehouse.table("posts", "post_id string", "text string", "lang string")
    warehouse.put("posts/1", '{"post_id": "1", "text": "a", "author": "x"}', '{"post_id": "2"}')

    found = warehouse.rows("SELECT post_id, text, lang FROM posts ORDER BY post_id")

    assert found == [["1", "a", None], ["2", None, None]]


def test_a_text_that_looks_like_a_time_or_a_number_stays_as_it_is_written(warehouse: Warehouse) -> None:
    warehouse.table("posts", "post_id string", "created_at string")
    warehouse.put("posts/1", '{"post_id": "007", "created_at": "2026-01-02T03:04:05.000Z"}')

    found = warehouse.rows("SELECT post_id, created_at FROM posts WHERE created_at LIKE '2026-01-02T%'")

    assert found == [["007", "2026-01-02T03:04:05.000Z"]]


def test_a_line_that_is_not_json_is_a_row_of_nulls_where_the_serde_says_so(warehouse: Warehouse) -> None:
    warehouse.table("posts", "post_id string", serde={"ignore.malformed.json": "TRUE"})
    warehouse.put("posts/1.gz", '{"post_id": "1"}', '{"post_id": ', '{"post_id": "2"}')

    found = warehouse.rows("SELECT post_id FROM posts WHERE post_id IS NOT NULL ORDER BY post_id")

    assert found == [["1"], ["2"]]


def test_partitions_are_the_days_of_the_objects_names(warehouse: Warehouse) -> None:
    warehouse.table("posts", "post_id string", "text string", **DAYS)
    warehouse.put("posts/day=2026-11-20/a.gz", '{"post_id": "1"}')
    warehouse.put("posts/day=2026-11-21/a.gz", '{"post_id": "2"}', '{"post_id": "3"}')

    found = warehouse.rows(
        "SELECT day, count(*), count(text) FROM posts "
        "WHERE day BETWEEN '2026-11-21' AND '2026-11-22' GROUP BY day"
    )

    assert found == [["2026-11-21", "2", "0"]]
