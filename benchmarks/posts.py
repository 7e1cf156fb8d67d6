"""What counting a million posts costs, by the write units, calls and bytes that benchmarks/stream.py counts.

    python -m benchmarks.posts                            the table of docs/services/aggregation.md
    python -m benchmarks.posts --price dynamodb_write_million=0.7

Write units are those of the items that are written, in transactions. The function's time is twice what a post
takes on the machine of docs/benchmarks.md, and a few hundredths of the whole at most: AWS's own is not known.
Prices are as in benchmarks/archive.py. What a shard takes while nobody posts is in the root template.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from benchmarks import archive, stream

PRICES = {
    "dynamodb_write_million": 0.625,  # write request units, on demand
    "kinesis_put_million": 0.014,  # PUT payload units, each of 25 KB of one record
    "lambda_million": archive.PRICES["lambda_million"],
    "lambda_gb_second": archive.PRICES["lambda_gb_second"],
}
MEMORY_GB = 1769 / 1024
SECONDS_A_MILLION = 20.0
"""Of the function, however many posts a batch has."""
PAYLOAD = 25 * 1024
BATCHES = (100, 1_000, 5_000)


def price(units: float, batch: int, together: bool, prices: Mapping[str, float]) -> dict[str, float]:
    """Return what a million posts cost, by service, in USD.

    Parameters
    ----------
    units
        Write units of a thousand posts.
    batch
        How many posts an invocation is given.
    together
        Whether the producer puts posts together, so that payload units are full.
    prices
        As `PRICES`.
    """
    posts = stream.plain_posts()
    payload = sum(map(len, posts)) / len(posts) / PAYLOAD if together else 1
    return {
        "DynamoDB": units / 1000 * prices["dynamodb_write_million"],
        "Kinesis": payload * prices["kinesis_put_million"],
        "Lambda": prices["lambda_million"] / batch
        + SECONDS_A_MILLION * MEMORY_GB * prices["lambda_gb_second"],
    }


def table(prices: Mapping[str, float]) -> str:
    """Return the costs as a table in Markdown: batches of several sizes, and the obvious way."""
    written = stream.written(stream.plain_posts())
    rows = [
        (f"batches of {batch:,}", written["write units a thousand"][batch], batch, True) for batch in BATCHES
    ]
    rows.append(("an UpdateItem a hashtag", written["obvious write units a thousand"], 100, False))
    head = ["posts in", "write units a thousand", "DynamoDB", "Kinesis", "Lambda", "USD a million"]
    lines = [head, ["---", *["---:"] * 5]]
    for name, units, batch, together in rows:
        costs = price(units, batch, together, prices)
        lines.append(
            [name, f"{units:,.0f}", *(f"{cost:.4f}" for cost in costs.values()), f"{sum(costs.values()):.3f}"]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    """Print the table; return 1 for a price that there is not."""
    parser = argparse.ArgumentParser(description="What counting a million posts costs.")
    parser.add_argument("--price", action="append", default=[], help=f"name=USD, of {', '.join(PRICES)}")
    try:
        print(table(archive.changed(parser.parse_args().price, PRICES)))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
