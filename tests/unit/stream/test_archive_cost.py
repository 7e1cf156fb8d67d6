"""What the ways into the archive cost is what the page says."""

from __future__ import annotations

import pytest

from benchmarks.archive import BUFFER_SECONDS, PRICES, STEP, WAYS, Load, firehose, objects, price, table
from tests.unit.functions import ROOT

PAGE = (ROOT / "docs/services/archive.md").read_text()


def test_the_page_has_the_table() -> None:
    assert table(Load(), PRICES) in PAGE
    assert objects(BUFFER_SECONDS, PRICES)[1:] in PAGE


def test_firehose_counts_a_record_in_steps() -> None:
    costs = [firehose(Load(size), PRICES) for size in (1, STEP, STEP + 1, 2 * STEP)]

    assert costs[0] == costs[1] == costs[2] / 2 == costs[3] / 2
    assert costs[0] == pytest.approx(1e6 * 5 / 1024**2 * 0.029)


@pytest.mark.parametrize("batch", [1, 10, 100])
def test_less_on_the_way_costs_less(batch: int) -> None:
    costs = [price(way, batch, Load(), PRICES) for way in WAYS]

    assert costs == sorted(costs, reverse=True)
