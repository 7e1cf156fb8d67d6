"""What the three ways into the archive cost, and how long they take beside one another.

    python -m benchmarks.archive                          the table of docs/services/archive.md
    python -m benchmarks.archive --bytes 2000 --milliseconds 20
    python -m benchmarks.archive --outputs .local/outputs.json    and latencies on a running stack, as ratios

Prices are those that AWS publishes for us-east-1, first tier and without a free one, in US dollars, as they
stood in 2025; compare them with https://aws.amazon.com/firehose/pricing/ and its like before you use them.
`--price name=value` changes one, as for another Region.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

PRICES = {
    "api_million": 3.50,  # REST API, a million requests
    "lambda_million": 0.20,  # a million requests
    "lambda_gb_second": 0.0000133334,  # arm64
    "firehose_gb": 0.029,  # Direct PUT, a GB (2**30 bytes) ingested
    "s3_put_thousand": 0.005,
}
STEP = 5 * 1024  # Firehose counts a record in steps of 5 KB, each record for itself
MILLION = 1_000_000
GIB = 2**30
BUFFER_SECONDS = 300
BATCHES = (1, 10, 100)
WAYS = ("function", "gateway", "client")
CALLS = {"function": 3, "gateway": 2, "client": 1}
"""Calls that a batch is: to the API, from it to the function, and to Firehose."""


class Load(NamedTuple):
    """What is archived: bytes a record, billed milliseconds and GB of memory of the function."""

    record_bytes: int = 300
    milliseconds: float = 10
    memory: float = 0.5


def firehose(load: Load, prices: Mapping[str, float]) -> float:
    """Return what Firehose takes for a million records."""
    steps = -(-load.record_bytes // STEP)
    return MILLION * steps * STEP / GIB * prices["firehose_gb"]


def price(way: str, batch: int, load: Load, prices: Mapping[str, float]) -> float:
    """Return what a million posts cost on a way, `batch` of them in a call."""
    calls = MILLION / batch
    total = firehose(load, prices)
    if way != "client":
        total += calls / MILLION * prices["api_million"]
    if way == "function":
        seconds = calls * load.milliseconds / 1000
        total += calls / MILLION * prices["lambda_million"]
        total += seconds * load.memory * prices["lambda_gb_second"]
    return total


def objects(buffer_seconds: int, prices: Mapping[str, float]) -> str:
    """Tell what the objects of a month cost where none is full before its time, whatever the way."""
    number = 30 * 86400 // buffer_seconds
    cost = number / 1000 * prices["s3_put_thousand"]
    return f"A buffer of {buffer_seconds} s makes {number:,} objects a month at most: {cost:.2f} USD."


def table(load: Load, prices: Mapping[str, float]) -> str:
    """Return the costs as a table in Markdown, a line a way."""
    head = ["way", "calls a batch", *(f"USD a million, {batch} a call" for batch in BATCHES)]
    lines = [head, ["---"] * len(head)]
    for way in WAYS:
        costs = [f"{price(way, batch, load, prices):.3f}" for batch in BATCHES]
        lines.append([way, str(CALLS[way]), *costs])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def measure(outputs: Path, rounds: int) -> str:
    """Return the median latencies of one post, as ratios to the client's own call in the same round."""
    from tests.archive import a_post  # noqa: PLC0415 - the table needs no stack
    from tests.stack import Stack, StreamApi  # noqa: PLC0415

    stack = Stack(json.loads(outputs.read_text()))
    if not stack.has("stream"):
        raise ValueError("the stream service is left out of this stack: it is there with StreamService=true")
    member = stack.enrol("members")
    api, client = StreamApi(stack["StreamApiUrl"], member.token), member.aws("firehose")

    def put() -> None:
        record = {"Data": json.dumps(a_post("measured")).encode()}
        client.put_record_batch(DeliveryStreamName=stack["PostArchiveName"], Records=[record])

    ways: dict[str, Callable[[], object]] = {
        "function": lambda: api.archive([a_post("measured")]).raise_for_status(),
        "gateway": lambda: api.archive([a_post("measured")], "gateway").raise_for_status(),
        "client": put,
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    try:
        for number in range(rounds + 3):
            for way in random.sample(list(ways), len(ways)):
                start = time.perf_counter()
                ways[way]()
                if number >= 3:  # noqa: PLR2004 - the first rounds warm up
                    times[way].append(time.perf_counter() - start)
    finally:
        member.leave()
    ratios = {
        way: statistics.median(mine / base for mine, base in zip(seconds, times["client"], strict=True))
        for way, seconds in times.items()
    }
    told = ", ".join(f"{way} {ratio:.1f}" for way, ratio in ratios.items())
    return f"latency of one post, as a ratio to the client's own call, median of {rounds} rounds: {told}"


def changed(given: list[str], known: Mapping[str, float]) -> dict[str, float]:
    """Return the known prices, with those changed that `given` names, each as name=USD.

    Raises
    ------
    ValueError
        When there is no such price, or it is not a number.
    """
    prices = dict(known)
    for name, _, value in (each.partition("=") for each in given):
        if name not in prices:
            raise ValueError(f"there is no price {name}: there are {', '.join(known)}")
        prices[name] = float(value)
    return prices


def main() -> int:
    """Print the table, and latencies where there is a stack to measure; return 1 for what cannot be done."""
    parser = argparse.ArgumentParser(description="What the three ways into the archive cost.")
    parser.add_argument("--bytes", type=int, default=Load().record_bytes, help="of a record")
    parser.add_argument("--milliseconds", type=float, default=Load().milliseconds, help="billed for a call")
    parser.add_argument("--memory", type=float, default=Load().memory, help="of the function, in GB")
    parser.add_argument("--price", action="append", default=[], help=f"name=USD, of {', '.join(PRICES)}")
    parser.add_argument("--outputs", type=Path, help="of a running stack, to measure latencies on")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    try:
        prices = changed(options.price, PRICES)
        print(table(Load(options.bytes, options.milliseconds, options.memory), prices))
        print(objects(BUFFER_SECONDS, prices))
        if options.outputs:
            print(measure(options.outputs, options.rounds))
    except (OSError, ValueError, KeyError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
