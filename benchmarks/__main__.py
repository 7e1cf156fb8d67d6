"""Measure and print: `python -m benchmarks [NAME...]`, all of them where none is named."""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import sys
from typing import TYPE_CHECKING

from benchmarks.outcome import BenchmarkError, Options, Outcome, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ("cold_start", "saga", "stream", "search")
"""The modules of this package that have `run(options) -> Outcome`, in the order in which they run."""


def main(arguments: Sequence[str]) -> int:
    """Run what is named; return 0, 1 where something could not be measured or a limit was exceeded."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure this application, as ratios and counts. No figure of this machine is AWS's.",
        epilog="\n".join(f"{name:12}{summary(name)}" for name in NAMES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run (all); they are named below")
    parser.add_argument("--rounds", type=int, help="how often all is repeated (each one's own number)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--no-instructions", action="store_true", help="count no instructions (it needs valgrind)"
    )
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name!r}: there are {', '.join(NAMES)}")
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds has to be 1 or more")
    options = Options(given.rounds, not given.no_instructions)
    outcomes: dict[str, Outcome] = {}
    for name in given.names or NAMES:
        try:
            outcomes[name] = importlib.import_module(f"benchmarks.{name}").run(options)
        except BenchmarkError as error:
            progress("")
            print(f"benchmark: {name}: {error}", file=sys.stderr)
            return 1
        progress("")
        if not given.json:
            print(f"{outcomes[name].text}\n")
    return told(outcomes, as_json=given.json)


def summary(name: str) -> str:
    """Return what a benchmark measures: the first line of its docstring."""
    return (importlib.import_module(f"benchmarks.{name}").__doc__ or "").partition("\n")[0]


def told(outcomes: dict[str, Outcome], *, as_json: bool) -> int:
    """Print what all are held to; return 1 where a limit was exceeded, and say which."""
    checks = [(name, check) for name, outcome in outcomes.items() for check in outcome.checks]
    if as_json:
        figures = {name: outcome.figures for name, outcome in outcomes.items()}
        limits = [{"benchmark": name, **check.__dict__, "held": check.held} for name, check in checks]
        print(json.dumps({**figures, "limits": limits}, indent=2))
    else:
        for name, check in checks:
            print(f"{name:12}{check}")
    exceeded = [check.what for _, check in checks if not check.held]
    if exceeded:
        print(f"benchmark: a limit is exceeded: {'; '.join(exceeded)}", file=sys.stderr)
    return 1 if exceeded else 0


def interrupted(*_: object) -> None:
    """Let a benchmark clean up what it made, however it is ended."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("benchmark: stopped.", file=sys.stderr)
        sys.exit(130)
