"""Join the tests of this folder to the rows they prove, and print the review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator

import pytest

from tests.lens.rows import ROWS

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
    if not proofs or config.option.verbose < 0:
        return
    unknown = sorted(set(proofs) - {row.id for row in ROWS})
    if unknown:
        raise pytest.UsageError(f"tests prove rows that the review does not have: {', '.join(unknown)}")
    terminalreporter.section("The Lens")
    counts: dict[str, int] = defaultdict(int)
    for row in ROWS:
        outcomes = proofs.get(row.id, {})
        state = "open"
        if outcomes:
            state = "partly" if row.open else "proven"
            if "skipped" in outcomes.values():
                state = "skipped"
            if "failed" in outcomes.values():
                state = "FAILED"
        counts[state] += 1
        colour = {"proven": "green", "partly": "yellow", "FAILED": "red"}.get(state, "bold")
        terminalreporter.write(f"{state:8}", **{colour: True})
        terminalreporter.write_line(f"{row.id:11} {row.asks}")
        if outcomes:
            terminalreporter.write_line(f"{'':20}{row.answer}")
            terminalreporter.write_line(f"{'':20}stands in: {row.stands_in}")
            for nodeid, outcome in sorted(outcomes.items()):
                terminalreporter.write_line(f"{'':20}{outcome}: {nodeid}")
            if row.open:
                terminalreporter.write_line(f"{'':20}open: {row.open}")
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    terminalreporter.write_line(f"{len(ROWS)} rows: {told}")
