"""What a benchmark is given and what it gives back."""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class BenchmarkError(Exception):
    """Something cannot be measured; the message is one line that says what is wrong and what to do."""


@dataclass(frozen=True)
class Options:
    """How to measure: `rounds` is how often all is repeated, each benchmark's own number where None."""

    rounds: int | None = None
    instructions: bool = True


@dataclass(frozen=True)
class Check:
    """A figure and the limit it has to keep: at most, or where `at_least` is set at least."""

    what: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def held(self) -> bool:
        """Whether it does."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def __str__(self) -> str:
        verdict = "held" if self.held else "EXCEEDED"
        relation = "at least" if self.at_least else "at most"
        return f"{self.what:58}{self.measured:10g}   {relation} {self.limit:<8g}{verdict}"


@dataclass(frozen=True)
class Outcome:
    """What was measured: `text` for a reader, `figures` as plain data, and what it is held to."""

    text: str
    figures: dict[str, Any]
    checks: list[Check] = field(default_factory=list)


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile."""
    if len(values) == 1:
        return (values[0],) * 3
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def progress(line: str) -> None:
    """Show `line` in place of the last one, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
