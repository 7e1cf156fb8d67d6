"""A batch of a stream is handled a record at a time, and Lambda is told where it failed."""

from __future__ import annotations

from typing import Any

import pytest

from shared.streams import Record, each_record
from tests.unit.functions import Context


def batch(*numbers: str) -> dict[str, Any]:
    return {"Records": [{"dynamodb": {"SequenceNumber": number}} for number in numbers]}


def consume(failing: set[str], event: dict[str, Any]) -> tuple[list[str], Any]:
    """Consume a batch, and return the records that were handled and the answer to Lambda."""
    handled: list[str] = []

    @each_record
    def handler(record: Record) -> None:
        number = record["dynamodb"]["SequenceNumber"]
        if number in failing:
            raise ValueError(number)
        handled.append(number)

    return handled, handler(event, Context())


def test_a_batch_that_goes_well_has_no_failures() -> None:
    assert consume(set(), batch("1", "2")) == (["1", "2"], {"batchItemFailures": []})


@pytest.mark.parametrize(("failing", "handled"), [("1", []), ("2", ["1"]), ("3", ["1", "2"])])
def test_a_record_that_fails_ends_the_batch_and_is_named(failing: str, handled: list[str]) -> None:
    assert consume({failing}, batch("1", "2", "3")) == (
        handled,
        {"batchItemFailures": [{"itemIdentifier": failing}]},
    )
