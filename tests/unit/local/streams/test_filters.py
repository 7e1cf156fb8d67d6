"""FilterCriteria."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from local.engine.streams.filters import Filters, InvalidFilterError


def filters(*patterns: Any, kind: str = "dynamodb") -> Filters:
    return Filters({"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}, kind)


def kinesis(data: bytes) -> dict[str, Any]:
    return {"kinesis": {"data": base64.b64encode(data).decode(), "partitionKey": "p"}}


@pytest.mark.parametrize(
    ("rule", "wanted", "unwanted"),
    [
        ("buy", ["buy"], ["sell", None, "Buy"]),
        ("", [""], ["x", None]),
        (None, [None], ["", 0, False]),
        (5, [5, 5.0], ["5", 6]),
        (True, [True], [1, "true"]),
        ({"prefix": "us-"}, ["us-east-1"], ["eu-west-1", 7]),
        ({"suffix": ".png"}, ["a.png"], ["a.jpg"]),
        ({"equals-ignore-case": "alice"}, ["Alice", "ALICE"], ["alicia"]),
        ({"anything-but": "rainy"}, ["sunny", 4, None], ["rainy"]),
        ({"anything-but": ["rainy", 4]}, ["sunny"], ["rainy", 4]),
        ({"anything-but": {"prefix": "init"}}, ["go"], ["initialize"]),
        ({"numeric": ["=", 100]}, [100, 100.0], ["100", True, 99]),
        ({"numeric": [">", 10, "<=", 20]}, [10.5, 20], [10, 21]),
        ({"exists": True}, ["x", None, 0], []),
    ],
)
def test_a_rule_matches_a_value(rule: Any, wanted: list[Any], unwanted: list[Any]) -> None:
    made = filters({"field": [rule]})

    assert [made.want({"field": value}) for value in wanted] == [True] * len(wanted)
    assert [made.want({"field": value}) for value in unwanted] == [False] * len(unwanted)


def test_an_absent_field_matches_exists_false_only() -> None:
    assert filters({"a": {"b": [{"exists": False}]}}).want({})
    assert not filters({"a": [{"anything-but": "x"}]}).want({})
    assert not filters({"a": [{"exists": True}]}).want({"a": {"inner": 1}})


def test_all_fields_of_a_pattern_must_match_and_any_rule_of_a_field() -> None:
    made = filters({"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"id": {"S": ["1"]}}}})

    assert made.want({"eventName": "MODIFY", "dynamodb": {"Keys": {"id": {"S": "1"}}}})
    assert not made.want({"eventName": "REMOVE", "dynamodb": {"Keys": {"id": {"S": "1"}}}})
    assert not made.want({"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": "2"}}}})


def test_or_joins_fields() -> None:
    made = filters({"$or": [{"city": ["Oslo"]}, {"day": ["Monday"]}]})

    assert made.want({"city": "Rome", "day": "Monday"})
    assert not made.want({"city": "Rome", "day": "Friday"})


def test_a_record_needs_one_of_the_filters() -> None:
    made = filters({"a": [1]}, {"b": [2]})

    assert made.want({"b": 2})
    assert not made.want({"a": 2, "b": 1})


def test_an_element_of_a_list_is_enough() -> None:
    assert filters({"tags": ["x"]}).want({"tags": ["y", "x"]})
    assert filters({"lines": {"n": [2]}}).want({"lines": [{"n": 1}, {"n": 2}]})


def test_without_filters_every_record_is_wanted() -> None:
    assert Filters(None, "kinesis").want(kinesis(b"\xff"))


def test_the_data_of_a_kinesis_record_is_matched_as_the_json_it_holds() -> None:
    made = filters({"data": {"order": {"type": ["buy"]}}}, kind="kinesis")

    assert made.want(kinesis(b'{"order": {"type": "buy"}}'))
    assert not made.want(kinesis(b"plain text"))
    assert not made.want(kinesis(b"\xff\xfe"))


def test_a_list_of_rules_for_data_matches_plain_text_only() -> None:
    made = filters({"data": [{"prefix": "pl"}]}, kind="kinesis")

    assert made.want(kinesis(b"plain text"))
    assert not made.want(kinesis(b'{"pl": 1}'))


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("not json", "dynamodb"),
        ("[1]", "dynamodb"),
        ('{"a": "text"}', "dynamodb"),
        ('{"a": []}', "dynamodb"),
        ('{"a": [{"like": "x"}]}', "dynamodb"),
        ('{"a": [{"numeric": [">", "10"]}]}', "dynamodb"),
        ('{"a": [{"numeric": ["!", 10]}]}', "dynamodb"),
        ('{"$or": {"a": [1]}}', "dynamodb"),
        ('{"partitionKey": ["1"]}', "kinesis"),
        ('{"a": ["' + "x" * 4096 + '"]}', "dynamodb"),
    ],
)
def test_a_pattern_that_lambda_refuses_is_refused(pattern: str, kind: str) -> None:
    with pytest.raises(InvalidFilterError):
        Filters({"Filters": [{"Pattern": pattern}]}, kind)
