"""Join the tests of this folder to the rows they prove, and print the review."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Generator

import pytest

from tests.lens.rows import ROWS, Row

PROOFS = pytest.StashKey[defaultdict[str, dict[str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lens(id): the row of the review that a test proves")
    proofs: defaultdict[str, dict[str, str]] = defaultdict(dict)
    config.stash[PROOFS] = proofs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    for mark in item.iter_markers("lens"):
        if report.when == "call" or report.outcome != "passed":
            item.config.stash[PROOFS][mark.args[0]][item.nodeid] = report.outcome
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    proofs = config.stash[PROOFS]
    if not proofs:
        return
    states = {row.id: state(row, proofs.get(row.id, {})) for row in ROWS}
    if any(str(argument).rstrip("/").endswith("tests/lens") for argument in config.args):
        terminalreporter.section("The Lens")
        for row in ROWS:
            show(terminalreporter, row, states[row.id], proofs.get(row.id, {}))
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
