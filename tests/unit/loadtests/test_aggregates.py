"""An aggregate is what the reference library takes apart again, and no longer than allowed."""

from __future__ import annotations

import base64

from aws_kinesis_agg.deaggregator import iter_deaggregate_records
from hypothesis import given
from hypothesis import strategies as st

from loadtests.producer.aggregates import Aggregate

USERS = st.lists(
    st.tuples(st.text(min_size=1, max_size=256), st.one_of(st.binary(max_size=40), st.binary(min_size=128))),
    min_size=1,
    max_size=300,
)


@given(USERS, st.integers(20, 3_000))
def test_it_holds_what_it_took_in_order_and_keeps_to_its_limit(
    users: list[tuple[str, bytes]], limit: int
) -> None:
    aggregate = Aggregate(limit)

    took = [user for user in users if aggregate.add(*user)]

    whole = bytes(aggregate)
    assert len(whole) == len(aggregate) <= max(limit, 20)
    record = {"Data": whole, "PartitionKey": "a", "SequenceNumber": "1", "ApproximateArrivalTimestamp": 0}
    apart = [user["kinesis"] for user in iter_deaggregate_records([record], data_format="Boto3")]
    if took:
        assert [(user["partitionKey"], user["data"]) for user in apart] == [
            (key, base64.b64encode(data)) for key, data in took
        ]


def test_a_key_that_comes_again_takes_its_place_once() -> None:
    one, many = Aggregate(10_000), Aggregate(10_000)
    one.add("k" * 200, b"")
    for _ in range(10):
        many.add("k" * 200, b"")

    assert len(many) - len(one) == 9 * 6
