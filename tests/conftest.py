"""The deployed stack and the people who use it, for the tests that go through its public doors."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.events import listening
from tests.stack import ORDER, PAUSES, Member, OrdersApi, Stack, StreamApi, held

STOCK = re.compile(r"[\[-]stock[\]-]")
BROWSER, MOBILE, FUZZED, ORDERS, LENS = (
    f"the stack, {part}" for part in ("the browser", "mobile", "fuzzed", "orders and the rest", "the Lens")
)
ON_THE_STACK = {
    "tests/browser/": BROWSER,
    # Its visitors use up what the browser's may ask for, and it puts another app in the place of the one.
    "tests/integration/web/": BROWSER,
    "tests/integration/mobile/test_fuzzed.py": FUZZED,
    "tests/integration/orders/test_fuzzed.py": FUZZED,
    "tests/integration/mobile/": MOBILE,
    "tests/integration/": ORDERS,
    "tests/lens/": LENS,
}
"""The groups of the tests of the deployed stack, by the first folder that fits."""
ON_THEIR_OWN = ("tests/integration/local/", "tests/integration/mobile/test_opensearch.py")
"""Those beside them that need no deployed stack."""
LAST = 2
"""With so many tests left, xdist gives a process its next group."""
LONGEST_FIRST = (
    BROWSER,
    FUZZED,
    MOBILE,
    ORDERS,
    "conformance, filled",
    "conformance, stock",
    "tests/unit/orders/saga/test_every_fault.py",
    "tests/integration/local/test_life.py",
    "tests/integration/mobile/test_opensearch.py",
    "tests/unit/rot/test_budgets.py",
    "tests/integration/local/test_settle.py",
    "tests/unit/stream/test_exactly_once.py",
    "tests/unit/mobile/search/test_embedded.py",
    "tests/unit/mobile/notifications/test_any_sequence.py",
)
"""The groups that take more than ten seconds, so that none of them begins when all others have ended."""
pytest_plugins = ["tests.lens.review"]

# A change is judged by the same examples each time; everybody else's runs look for others. None is timed.
settings.register_profile("untimed", deadline=None)
settings.register_profile("ci", settings.get_profile("untimed"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run say how much is to be proven."""
    parser.addoption("--posts", type=int, default=5_000, help="how many posts the stream's proof sends")
    parser.addoption("--orders", type=int, default=8, help="of how many orders a function is killed")


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Deals tests out to processes by group; a group's tests run one after the other, in their order.

    Those of the Lens read what all others left in the stack's logs, and so wait for them.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        waits = LENS if self._stack_is_in_use() else None
        names = sorted((name for name in self.workqueue if name != waits), key=self._rank)
        if names:
            self.workqueue.move_to_end(names[0], last=False)
            super()._assign_work_unit(node)
        if not self.workqueue:
            # Each of the others keeps a last test back until it knows that no other comes.
            for other in self.nodes:
                if not other.shutting_down:
                    other.shutdown()

    def _stack_is_in_use(self) -> bool:
        """Tell whether tests of the stack, beside the Lens's, have to run still, but for a node's last."""
        others = set(ON_THE_STACK.values()) - {LENS}
        given = [
            work for node in self.assigned_work.values() for name, work in node.items() if name in others
        ]
        return bool(others & self.workqueue.keys()) or any(
            self._pending_of({"": work}) > LAST for work in given
        )

    def _rank(self, name: str) -> tuple[int, int]:
        file = name.partition("::")[0]
        if name == LENS:
            return -1, 0
        place = LONGEST_FIRST.index(file) if file in LONGEST_FIRST else len(LONGEST_FIRST)
        return place, -len(self.workqueue[name])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Share the tests out by `group`, where several processes run them."""
    return Groups(config, log)


def group(nodeid: str) -> str:
    """Return the group of a test.

    Those of the deployed stack are five groups: within one they change what its others read, and what those
    of several groups rely on they hold meanwhile (`held`). Those of the laptop's life have a stack each.
    Conformance is a group for each engine. Other files share nothing.
    """
    file, _, test = nodeid.partition("::")
    if file.startswith("tests/conformance/"):
        return f"conformance, {'stock' if STOCK.search(test) else 'filled'}"
    if file == "tests/integration/local/test_life.py":
        return f"{file}::{test.partition('::')[0].partition('[')[0]}"
    if not file.startswith(ON_THEIR_OWN):
        return next((name for folder, name in ON_THE_STACK.items() if file.startswith(folder)), file)
    return file


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The running stack."""
    return Stack.read()


@pytest.fixture(scope="session")
def stocked(stack: Stack) -> Iterator[Stack]:
    """The running stack with something to sell; sagas on this machine pause a hundredth as long.

    They do until the last process that asked for it has ended.
    """
    for line in ORDER["lines"]:
        stack.stock_in(line["product_id"], 1000)
    with held("stocked", shared=True) as users:
        with held("days", shared=True):  # whoever lets them pass in a second is to end first
            stack.scale_pauses(PAUSES)
        yield stack
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stack.scale_pauses(1)


@pytest.fixture
def approvals(stack: Stack) -> Iterator[None]:
    """Orders can wait for approval: nobody lets the days for that pass in a second meanwhile."""
    assert stack
    with held("days", shared=True):
        yield


@pytest.fixture
def uploads(stack: Stack) -> Iterator[None]:
    """Images can be uploaded: nobody changes the queue that they go through meanwhile."""
    assert stack
    with held("uploads", shared=True):
        yield


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
