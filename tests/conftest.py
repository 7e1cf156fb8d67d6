"""The deployed stack and the people who use it, for the tests that go through its public doors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.events import listening
from tests.stack import ORDER, PAUSES, Member, OrdersApi, Stack, StreamApi

HERE = Path(__file__).parent
pytest_plugins = ["tests.lens.review"]

# A change is judged by the same examples each time; everybody else's runs look for others.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run say how much is to be proven."""
    parser.addoption("--posts", type=int, default=5_000, help="how many posts the stream's proof sends")
    parser.addoption("--orders", type=int, default=8, help="of how many orders a function is killed")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Name what has to run in one process, where several share the work: see `group`."""
    item.add_marker(pytest.mark.xdist_group(group(item)))


def group(item: pytest.Item) -> str:
    """Return the group of a test; a group's tests run one after the other, in their order.

    Those of a deployed stack are one group: they change what is there, and tests/lens comes last because it
    reads what the others left in logs. Conformance is a group for each engine. Other files share nothing.
    """
    path = item.path.relative_to(HERE)
    folder, *below = path.parts
    if folder == "conformance" and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        return f"conformance, {item.callspec.params.get('engine', 'none')}"
    if folder in {"browser", "integration", "lens"} and below[0] != "local":
        return "the stack"
    return str(path)


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
