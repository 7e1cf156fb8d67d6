"""How fast orders come to their end, beside a machine of as many empty states, and what one order takes.

Two things are measured through the public doors of a deployed stack: of its own, or the one that LENS_OUTPUTS
names.

What one order takes is counted, not timed. Orders of two lines are placed one after the other. The states
come from their executions' histories; the calls and capacity units of DynamoDB and the invocations from the
metrics that the services publish, by table, so that a transaction over two tables counts for each; the
events from a queue on the bus. CloudWatch tells metrics minutes later: in AWS states and events alone are
counted.

For the times, orders are placed by several clients at once, and as many executions of a bare machine with as
many Pass states are started by the same, in turns, in another order each round. An order's time is that from
the answer 202 to the end of its execution; a rate is that of the whole round; ratios are within a round.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from rich.console import Console

from benchmarks.outcome import BenchmarkError, Check, Options, Outcome, progress, spread
from local.cloud import Cloud, LocalError
from local.engine import process
from local.progress import Progress
from local.up import down, up
from tests.events import events_of, listening
from tests.stack import ORDER, OrdersApi, Stack

ROUNDS = 7
ORDERS = 24
"""A round's orders, and executions of the bare machine."""
CLIENTS = 8
COUNTED = 10
"""The orders that are placed one after the other and counted."""
SECONDS = 120
TAKES = {
    "states entered": 7,
    "calls of DynamoDB, by table": 12,
    "write capacity units": 20,
    "read capacity units": 2,
    "invocations": 8,
    "events": 2,
}
"""The most that a confirmed order of two lines may take: what it takes, with room where batches vary.

Two calls and both read units are the providers looking at their key; without `ProviderKey` there are none.
"""
RATE = 0.05
"""The least rate of orders, beside that of the bare machine."""

STATES = [f"State{number}" for number in range(TAKES["states entered"])]
BARE: dict[str, Any] = {
    "StartAt": STATES[0],
    "States": {
        **{one: {"Type": "Pass", "Next": following} for one, following in pairwise(STATES)},
        STATES[-1]: {"Type": "Pass", "End": True},
    },
}


def run(options: Options) -> Outcome:
    """Measure on the stack that LENS_OUTPUTS names, or on one of its own."""
    with deployed() as stack:
        person = stack.enrol("members")
        try:
            return measured(stack, OrdersApi(stack["OrdersApiUrl"], person.token), options.rounds or ROUNDS)
        finally:
            person.leave()


@contextmanager
def deployed() -> Iterator[Stack]:
    """Give the stack that LENS_OUTPUTS names, or bring one up for as long as this takes.

    Raises
    ------
    BenchmarkError
        When there is none, or it does not come up.
    """
    if "LENS_OUTPUTS" in os.environ:
        try:
            yield Stack.read()
        except RuntimeError as error:
            raise BenchmarkError(str(error)) from error
        return
    cloud = Cloud(process.free_port())
    try:
        with Progress(Console(stderr=True, highlight=False)) as shown:
            report = up(cloud, shown)
        yield Stack(report.outputs)
    except (LocalError, process.EngineError) as error:
        raise BenchmarkError(str(error)) from error
    finally:
        down(cloud)


def measured(stack: Stack, api: OrdersApi, rounds: int) -> Outcome:
    """Count, then time."""
    products = [f"bench-{secrets.token_hex(6)}-{number}" for number in range(2 * ORDERS)]
    for product in products:
        stack.stock_in(product, 99 * (rounds + 1 + COUNTED))
    orders = [order_of(*products[first : first + 2]) for first in range(0, len(products), 2)]
    place(stack, api, orders[:CLIENTS])  # unmeasured: every function has then started
    takes = counted(stack, api, orders[0])
    rates: list[float] = []
    ratios: list[float] = []
    accepted: list[float] = []
    times: list[float] = []
    turns = random.Random(0)  # noqa: S311 - a shuffle, the same at every run
    with bare_machine(stack) as floor:
        start_bare(stack, floor)
        for done in range(rounds):
            progress(f"saga: round {done + 1} of {rounds}")
            rate = {}
            for what in turns.sample(["orders", "floor"], 2):
                if what == "orders":
                    rate[what], answered, ended = place(stack, api, orders)
                    accepted += answered
                    times += ended
                else:
                    rate[what] = start_bare(stack, floor)
            rates.append(rate["orders"])
            ratios.append(rate["orders"] / rate["floor"])
    checks = [
        Check(f"{what}, a confirmed order", takes[what], most)
        for what, most in TAKES.items()
        if what in takes
    ]
    checks.append(
        Check("orders a second, of the bare machine's", round(spread(ratios)[1], 3), RATE, at_least=True)
    )
    figures = {
        "rounds": rounds,
        "orders a round": ORDERS,
        "clients": CLIENTS,
        "takes": takes,
        "orders a second": spread(rates),
        "ratio": spread(ratios),
        "ms to 202": deciles(accepted),
        "ms from 202 to the end": deciles(times),
    }
    return Outcome(told(figures), figures, checks)


def told(figures: dict[str, Any]) -> str:
    """Return the figures for a reader."""
    low, middle, high = figures["ratio"]
    lines = [
        f"A confirmed order of two lines takes (mean of {COUNTED}, one after the other)",
        *(f"  {what:44}{value:8g}" for what, value in figures["takes"].items()),
        f"{figures['rounds']} rounds of {ORDERS} orders by {CLIENTS} clients, on this machine",
        f"  {'orders a second':44}{figures['orders a second'][1]:8.1f}",
        f"  {'beside a bare machine of 7 Pass states':44}{middle:8.3f}   quartiles {low:.3f} to {high:.3f}",
    ]
    for what in ("ms to 202", "ms from 202 to the end"):
        half, nine, most = figures[what]
        lines.append(f"  {what:44}{half:8.0f}   nine of ten {nine:.0f}, ninety-nine of a hundred {most:.0f}")
    return "\n".join(lines)


def deciles(values: list[float]) -> tuple[float, float, float]:
    """Return what half, nine of ten and ninety-nine of a hundred values are below."""
    ordered = sorted(values)
    half, nine, most = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.9, 0.99))
    return half, nine, most


def order_of(*products: str) -> dict[str, Any]:
    """Return an order of a product a line."""
    return {**ORDER, "lines": [{"product_id": one, "quantity": 1, "unit_price": 500} for one in products]}


# Times -----------------------------------------------------------------------------------------------------


def place(
    stack: Stack, api: OrdersApi, orders: list[dict[str, Any]]
) -> tuple[float, list[float], list[float]]:
    """Place orders by several clients; return orders a second, and the milliseconds to 202 and from it on."""

    def one(order: dict[str, Any]) -> tuple[str, float, float]:
        asked = time.time()
        answer = api.create(order)
        if answer.status_code != HTTPStatus.ACCEPTED:
            raise BenchmarkError(f"an order was answered {answer.status_code}: {answer.text}")
        return answer.json()["order_id"], asked, time.time()

    began = time.time()
    with ThreadPoolExecutor(CLIENTS) as clients:
        placed = list(clients.map(one, orders))
    machine = stack["OrderSagaArn"].replace(":stateMachine:", ":execution:")
    ends = [ended(stack, f"{machine}:{order_id}") for order_id, *_ in placed]
    times = [(end - at) * 1000 for (*_, at), end in zip(placed, ends, strict=True)]
    return len(orders) / (max(ends) - began), [(at - asked) * 1000 for _, asked, at in placed], times


def start_bare(stack: Stack, machine: str) -> float:
    """Start as many executions of the bare machine, by as many clients; return how many end a second."""
    states = stack.client("stepfunctions")
    began = time.time()
    with ThreadPoolExecutor(CLIENTS) as clients:
        started = list(
            clients.map(
                lambda _: states.start_execution(stateMachineArn=machine)["executionArn"], range(ORDERS)
            )
        )
    return ORDERS / (max(ended(stack, execution) for execution in started) - began)


def ended(stack: Stack, execution: str) -> float:
    """Wait until an execution has succeeded, and return when it did: seconds since 1970."""
    states, deadline = stack.client("stepfunctions"), time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            known = states.describe_execution(executionArn=execution)
        except states.exceptions.ExecutionDoesNotExist:  # the stream has not told of it yet
            known = {"status": "RUNNING"}
        if known["status"] == "SUCCEEDED":
            at: float = known["stopDate"].timestamp()
            return at
        if known["status"] != "RUNNING":
            raise BenchmarkError(f"{execution} ended as {known['status']}: {known.get('cause')}")
        time.sleep(0.05)
    raise BenchmarkError(f"{execution} has not ended after {SECONDS} s")


@contextmanager
def bare_machine(stack: Stack) -> Iterator[str]:
    """Make the machine that does nothing, and remove it again."""
    states, iam, name = stack.client("stepfunctions"), stack.client("iam"), f"bench-{secrets.token_hex(4)}"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    try:
        machine = states.create_state_machine(name=name, roleArn=role, definition=json.dumps(BARE))
        yield machine["stateMachineArn"]
        states.delete_state_machine(stateMachineArn=machine["stateMachineArn"])
    finally:
        iam.delete_role(RoleName=name)


# Counts ----------------------------------------------------------------------------------------------------


def counted(stack: Stack, api: OrdersApi, order: dict[str, Any]) -> dict[str, float]:
    """Place orders one after the other and return what one of them takes, on the average."""
    machine = stack["OrderSagaArn"].replace(":stateMachine:", ":execution:")
    before = metrics(stack)
    total: Counter[str] = Counter()
    with listening(stack) as queue:
        for done in range(COUNTED):
            progress(f"saga: counting order {done + 1} of {COUNTED}")
            order_id = api.create(order).json()["order_id"]
            ended(stack, f"{machine}:{order_id}")
            total["states entered"] += states_entered(stack, f"{machine}:{order_id}")
            total["events"] += len(events_of(stack, queue, order_id, 2))
    if stack.on_this_machine:
        total.update(metrics(stack))
        total.subtract(before)
    return {what: total[what] / COUNTED for what in TAKES if what in total}


def states_entered(stack: Stack, execution: str) -> int:
    """Return how many states an execution has entered."""
    pages = stack.client("stepfunctions").get_paginator("get_execution_history")
    return sum(
        event["type"].endswith("StateEntered")
        for page in pages.paginate(executionArn=execution)
        for event in page["events"]
    )


def metrics(stack: Stack) -> Counter[str]:
    """Return what the stack's tables and functions have been asked for in the last hours."""
    names = {row["PhysicalResourceId"] for row in stack.deployed}
    found: Counter[str] = Counter()
    for what, namespace, metric, statistic in (
        ("calls of DynamoDB, by table", "AWS/DynamoDB", "SuccessfulRequestLatency", "SampleCount"),
        ("write capacity units", "AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum"),
        ("read capacity units", "AWS/DynamoDB", "ConsumedReadCapacityUnits", "Sum"),
        ("invocations", "AWS/Lambda", "Invocations", "Sum"),
    ):
        found[what] += round(sum(values(stack, namespace, metric, statistic, lambda name: name in names)))
    return found


def values(
    stack: Stack, namespace: str, metric: str, statistic: str, is_ours: Callable[[str], bool]
) -> Iterator[float]:
    """Yield the values of a metric for each of the stack's resources."""
    cloudwatch, now = stack.client("cloudwatch"), datetime.now(UTC)
    for page in cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace, MetricName=metric):
        for one in page["Metrics"]:
            if any(is_ours(dimension["Value"]) for dimension in one["Dimensions"]):
                points = cloudwatch.get_metric_statistics(
                    Namespace=namespace,
                    MetricName=metric,
                    Dimensions=one["Dimensions"],
                    StartTime=now - timedelta(hours=6),
                    EndTime=now + timedelta(minutes=1),
                    Period=60,
                    Statistics=[statistic],
                )["Datapoints"]
                yield sum(point[statistic] for point in points)
