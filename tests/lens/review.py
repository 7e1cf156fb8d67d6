"""A plugin of pytest that joins the tests of this folder to the rows they prove, and prints the review.

tests/conftest.py names it: where several processes run tests, the one that prints reads no folder's conftest.
"""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Generator

import pytest

from tests.lens.rows import ROWS, Row


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lens(id): the row of the review that a test proves")
    config.pluginmanager.register(Review(config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    report.user_properties += [("lens", mark.args[0]) for mark in item.iter_markers("lens")]
    return report


class Review:
    """What proves each row, by the reports of every process that runs tests."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.proofs: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, row in report.user_properties:
            if name == "lens" and (report.when == "call" or report.outcome != "passed"):
                self.proofs[str(row)][report.nodeid] = report.outcome

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.proofs:
            return
        states = {row.id: state(row, self.proofs.get(row.id, {})) for row in ROWS}
        if any(str(argument).rstrip("/").endswith("tests/lens") for argument in self.config.args):
            terminalreporter.section("The Lens")
            for row in ROWS:
                show(terminalreporter, row, states[row.id], self.proofs.get(row.id, {}))
        told = ", ".join(f"{count} {name}" for name, count in sorted(Counter(states.values()).items()))
        terminalreporter.write_line(f"The Lens: {len(ROWS)} rows, {told}.")


def state(row: Row, outcomes: dict[str, str]) -> str:
    """Return how far a row is proven by the outcomes of its tests."""
    if not outcomes:
        return "open"
    for worse in ("failed", "skipped"):
        if worse in outcomes.values():
            return worse
    return "partly" if row.open else "proven"


def show(out: pytest.TerminalReporter, row: Row, state: str, outcomes: dict[str, str]) -> None:
    """Print a row: what it asks, the answer, where that stands, what proves it and what is open."""
    colour = {"proven": "green", "partly": "yellow", "failed": "red"}.get(state, "bold")
    out.write(f"{state:8} ", **{colour: True})
    out.write_line(f"{row.id:10} {row.asks}")
    tests = Counter((nodeid.partition("[")[0], outcome) for nodeid, outcome in outcomes.items())
    lines = [row.answer, f"stands in  {row.stands_in}"] if outcomes else []
    lines += [
        f"{outcome}  {nodeid}" + (f" ({count} cases)" if count > 1 else "")
        for (nodeid, outcome), count in sorted(tests.items())
    ]
    if outcomes and row.open:
        lines.append(f"open  {row.open}")
    for line in lines:
        out.write_line(textwrap.fill(line, 110, initial_indent=" " * 20, subsequent_indent=" " * 20))
