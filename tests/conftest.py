"""The deployed stack and the people who use it, for the tests that go through its public doors."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.events import listening
from tests.stack import ORDER, PAUSES, Member, OrdersApi, Stack, StreamApi

ON_THE_STACK = ("tests/browser/", "tests/integration/", "tests/lens/")
STOCK = re.compile(r"[\[-]stock[\]-]")
pytest_plugins = ["tests.lens.review"]

# A change is judged by the same examples each time; everybody else's runs look for others.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run say how much is to be proven."""
    parser.addoption("--posts", type=int, default=5_000, help="how many posts the stream's proof sends")
    parser.addoption("--orders", type=int, default=8, help="of how many orders a function is killed")


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Deals tests out to processes by group; a group's tests run one after the other, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Share the tests out by `group`, where several processes run them."""
    return Groups(config, log)


def group(nodeid: str) -> str:
    """Return the group of a test.

    Those of a deployed stack are one group: they change what is there, and tests/lens comes last because it
    reads what the others left in logs. Conformance is a group for each engine. Other files share nothing.
    """
    file, _, test = nodeid.partition("::")
    if file.startswith("tests/conformance/"):
        return f"conformance, {'stock' if STOCK.search(test) else 'filled'}"
    if file.startswith(ON_THE_STACK) and not file.startswith("tests/integration/local/"):
        return "the stack"
    return file


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The running stack."""
    return Stack.read()


@pytest.fixture(scope="session")
def stocked(stack: Stack) -> Iterator[Stack]:
    """The running stack with something to sell; sagas on this machine pause a hundredth as long."""
    for line in ORDER["lines"]:
        stack.stock_in(line["product_id"], 1000)
    stack.scale_pauses(PAUSES)
    yield stack
    stack.scale_pauses(1)


@pytest.fixture(scope="session")
def member(stack: Stack) -> Iterator[Member]:
    """Somebody in the group members."""
    person = stack.enrol("members")
    yield person
    person.leave()


@pytest.fixture(scope="session")
def stranger(stack: Stack) -> Iterator[Member]:
    """Another member, who has no business with the first one's things."""
    person = stack.enrol("members")
    yield person
    person.leave()


@pytest.fixture(scope="session")
def api(stack: Stack, member: Member) -> OrdersApi:
    """The orders API as the member."""
    return OrdersApi(stack["OrdersApiUrl"], member.token)


@pytest.fixture(scope="session")
def strangers_api(stack: Stack, stranger: Member) -> OrdersApi:
    """The orders API as the stranger."""
    return OrdersApi(stack["OrdersApiUrl"], stranger.token)


@pytest.fixture(scope="session")
def stream(stack: Stack) -> Stack:
    """The running stack, with its stream service."""
    stack.need("stream")
    return stack


@pytest.fixture(scope="session")
def trends(stream: Stack, member: Member) -> StreamApi:
    """The stream API as the member."""
    return StreamApi(stream["StreamApiUrl"], member.token)


@pytest.fixture
def heard(stocked: Stack) -> Iterator[str]:
    """A queue that hears every event of the bus."""
    with listening(stocked) as queue:
        yield queue
