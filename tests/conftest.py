"""The deployed stack and the people who use it, for the tests that go through its public doors."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.events import listening
from tests.stack import ORDER, PAUSES, Member, OrdersApi, Stack, StreamApi

# A change is judged by the same examples each time; everybody else's runs look for others.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run say how much is to be proven."""
    parser.addoption("--posts", type=int, default=5_000, help="how many posts the stream's proof sends")
    parser.addoption("--orders", type=int, default=8, help="of how many orders a function is killed")


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
