"""What the stream's sizes were chosen by, and what a post costs: counted again each time."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from benchmarks import posts as costs
from benchmarks import stream
from tests import templates

PART = 1 / 5
"""Of its memory, what a batch may take: the rest is the interpreter's, and for what it remembers of posts."""


@pytest.fixture(scope="module")
def posts() -> list[bytes]:
    return stream.plain_posts()


@pytest.fixture(scope="module")
def units(posts: list[bytes]) -> dict[int, float]:
    """Write units of a thousand posts, by the batch that they come in."""
    found: dict[int, float] = stream.written(posts)["write units a thousand"]
    return found


def default(parameter: str) -> int:
    """Return a parameter's default in the root template."""
    given: dict[str, Any] = templates.parsed(templates.ROOT / "template.yaml")["Parameters"]
    return int(given[parameter]["Default"])


@pytest.mark.lens("SERVPER-1")
def test_a_batch_fits_an_event_and_a_larger_one_would_write_little_less(
    posts: list[bytes], units: dict[int, float]
) -> None:
    size = default("StreamBatchSize")

    assert size <= stream.held(stream.event(posts))
    assert units[size] < 1.1 * units[max(units)]


@pytest.mark.lens("SERVPER-1")
def test_posts_are_gathered_because_small_batches_write_several_times_as_much(
    units: dict[int, float],
) -> None:
    assert default("StreamBatchSeconds") > 1
    assert units[100] > 5 * units[1_000]


@pytest.mark.lens("SERVPER-1")
def test_a_shard_has_one_writer_that_has_a_core_and_uses_a_part_of_its_memory(
    posts: list[bytes],
) -> None:
    function = next(one for one in templates.functions() if one.id == "AggregateTrends")
    records = stream.put_together(posts)["Records"]
    stream.counting(stream.Unsent()).take(records)  # unmeasured: modules are loaded and expressions compiled

    tracemalloc.start()
    stream.counting(stream.Unsent()).take(records)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # Memory is chosen for its core: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html.
    assert function.properties["MemorySize"] >= 1769
    assert function.properties["Events"]["Posts"]["Properties"]["ParallelizationFactor"] == 1
    assert peak < PART * function.properties["MemorySize"] * 1024 * 1024


@pytest.mark.lens("SERVCOST-1")
def test_what_a_million_posts_cost_is_told_as_it_is_counted() -> None:
    page = (templates.ROOT / "docs/services/aggregation.md").read_text()

    assert costs.table(costs.PRICES) in page
