"""The contract of the stream API and the code say the same: limits and fields."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stream.archive import Post, Posts, Taken
from stream.queries import HistoryPage, HistoryQuery, TopPage, TopQuery
from stream.reports import NewReport, Report, Result
from stream.trends import Point, Trend
from tests.unit.templates.test_contracts import CONTRACTS, assert_fits, in_code, in_contract

CONTRACT = CONTRACTS["stream"]
TREND, POINT = Trend("tea", 1), Point("2026-11-21T09:30:00Z", 1)
TOP = ("2026-11-21T09:30:00Z", 60)
HISTORY = ("tea", 60, "2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z")


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Return msgspec's schema of a parameter as the contract writes it: left out, it is not null."""
    if "anyOf" in schema:
        (schema,) = (one for one in schema["anyOf"] if one != {"type": "null"})
    schema = {key: value for key, value in schema.items() if value is not None}
    if "pattern" in schema:
        schema["pattern"] = schema["pattern"].replace(r"\Z", "$")
    return schema


@pytest.mark.parametrize(("path", "query"), [("/trends", TopQuery), ("/trends/history", HistoryQuery)])
def test_the_query_parameters_have_the_same_limits(path: str, query: type[msgspec.Struct]) -> None:
    ((_, components),) = [msgspec.json.schema_components([query])]
    declared = components[query.__name__]
    written = [one for one in CONTRACT["paths"][path]["get"]["parameters"] if one["in"] == "query"]

    assert {name: plain(schema) for name, schema in declared["properties"].items()} == {
        one["name"]: one["schema"] for one in written
    }
    assert declared["required"] == [one["name"] for one in written if one["required"]]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (TREND, "Trend"),
        (POINT, "Point"),
        (Report("1", "RUNNING", "2026-11-01", "2026-11-07", "2026-11-07T09:30:00.000Z"), "Report"),
        (Result("https://example.com", 900), "Result"),
        (Taken(500, "5f0c1f0e-3c39-4f1c-9d0a-7a2f6e5b8c11"), "Taken"),
        (TopPage(*TOP, []), "TopPage"),
        (TopPage(*TOP, [TREND] * 100, "x"), "TopPage"),
        (HistoryPage(*HISTORY, []), "HistoryPage"),
        (HistoryPage(*HISTORY, [POINT] * 1000, "x"), "HistoryPage"),
    ],
)
def test_what_is_answered_fits_the_contract_and_has_its_fields(body: msgspec.Struct, name: str) -> None:
    assert_fits(msgspec.json.encode(body), "stream", name)
    assert set(body.__struct_fields__) == set(CONTRACT["components"]["schemas"][name]["properties"])


@pytest.mark.parametrize(("model", "name"), [(Posts, "Posts"), (Post, "Post"), (NewReport, "NewReport")])
def test_what_may_be_sent_has_the_same_limits(model: type[msgspec.Struct], name: str) -> None:
    assert in_code(model) == in_contract("stream", name)


def test_an_operation_asks_for_its_scope() -> None:
    assert {
        operation["operationId"]: operation["security"]
        for item in CONTRACT["paths"].values()
        for operation in item.values()
    } == {
        "getWindows": [{"Member": ["stream/read"]}],
        "getTrends": [{"Member": ["stream/read"]}],
        "getHistory": [{"Member": ["stream/read"]}],
        "createReport": [{"Member": ["stream/write"]}],
        "getReport": [{"Member": ["stream/read"]}],
        "cancelReport": [{"Member": ["stream/write"]}],
        "archivePosts": [{"Member": ["stream/write"]}],
        "archivePostsDirectly": [{"Member": ["stream/write"]}],
    }
