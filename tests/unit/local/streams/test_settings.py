"""What a mapping asks for, and what Lambda refuses."""

from __future__ import annotations

from typing import Any

import pytest

from local.engine.streams.settings import Settings, problem

ARN = "arn:aws:sqs:eu-west-1:000000000000:lost"


def test_the_defaults_are_those_of_lambda() -> None:
    made = Settings.of({}, "kinesis")

    assert (made.batch_size, made.factor, made.retries, made.age, made.bisect) == (100, 1, -1, -1, False)
    assert made.destination == ""


def test_properties_are_read_from_the_mapping() -> None:
    made = Settings.of(
        {
            "BatchSize": "7",
            "BisectBatchOnFunctionError": "true",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": {"OnFailure": {"Destination": ARN}},
        },
        "kinesis",
    )

    assert (made.batch_size, made.bisect, made.report, made.destination) == (7, True, True, ARN)


def test_a_mapping_with_a_window_has_one_lane_a_shard() -> None:
    assert Settings.of({"TumblingWindowInSeconds": 60, "ParallelizationFactor": 5}, "kinesis").factor == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"BatchSize": 0},
        {"BatchSize": 10_001},
        {"BatchSize": "many"},
        {"MaximumBatchingWindowInSeconds": 301},
        {"ParallelizationFactor": 11},
        {"TumblingWindowInSeconds": 901},
        {"MaximumRetryAttempts": -2},
        {"MaximumRecordAgeInSeconds": 59},
        {"MaximumRecordAgeInSeconds": 604_801},
        {"StartingPosition": "NOW"},
        {"StartingPosition": "AT_TIMESTAMP"},
        {"StartingPositionTimestamp": 1},
        {"FunctionResponseTypes": ["ReportEverything"]},
        {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:events:eu-west-1:1:event-bus/b"}}},
        {"FilterCriteria": {"Filters": [{"Pattern": "{"}]}},
    ],
    ids=str,
)
def test_what_lambda_refuses_is_refused_by_name(wrong: dict[str, Any]) -> None:
    assert problem({"StartingPosition": "LATEST", **wrong}, "kinesis", creating=True)


def test_a_table_has_no_starting_position_by_time() -> None:
    request = {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1}

    assert problem(request, "dynamodb", creating=True)
    assert not problem(request, "kinesis", creating=True)


def test_an_update_needs_no_starting_position() -> None:
    assert problem({"BatchSize": 5}, "kinesis", creating=False) == ""
