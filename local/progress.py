"""Show a command's phases, each with its time: one live view on a terminal, one line a phase elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


class Phase:
    """One step: what it is called, when it began and ended, and what is to say of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.note = ""
        self.state = "running"
        self._began = time.monotonic()
        self._ended: float | None = None

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return (self._ended or time.monotonic()) - self._began

    def end(self, state: str) -> None:
        """Stop its clock."""
        self.state = state
        self._ended = time.monotonic()


def _how_it_ended(error: BaseException | None) -> str:
    return "done" if error is None else "failed" if isinstance(error, Exception) else "stopped"


class Progress:
    """The phases of one command, in the order in which they began; phases may overlap."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._spinner = Spinner("dots")
        self.phases: list[Phase] = []
        self._live = Live(console=console, get_renderable=self._view, refresh_per_second=10)

    @property
    def seconds(self) -> float:
        """How long the command has taken so far."""
        return time.monotonic() - self._began

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for phase in self.phases:
            if phase.state == "running":
                self.finish(phase, _how_it_ended(error))
        if self._console.is_terminal:
            self._live.stop()

    def start(self, name: str) -> Phase:
        """Begin a phase that `finish` ends."""
        phase = Phase(name)
        self.phases.append(phase)
        return phase

    def finish(self, phase: Phase, state: str = "done") -> None:
        """End a phase."""
        phase.end(state)
        if not self._console.is_terminal:
            word = "" if state == "done" else f"{state}. "
            self._console.print(
                f"{phase.name:10} {phase.seconds:6.1f} s  {word}{phase.note}".rstrip(), markup=False
            )

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Run the block as a phase, which fails when the block raises."""
        phase = self.start(name)
        try:
            yield phase
        except BaseException as error:
            self.finish(phase, _how_it_ended(error))
            raise
        self.finish(phase)

    def _view(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=1)
        table.add_column(min_width=10)
        table.add_column(justify="right", min_width=7)
        table.add_column(overflow="ellipsis", no_wrap=True)
        marks: dict[str, RenderableType] = {
            "running": self._spinner,
            "done": Text("✓", "green"),
            "failed": Text("✗", "red"),
            "stopped": Text("✗", "yellow"),
        }
        for phase in self.phases:
            table.add_row(
                marks[phase.state], phase.name, f"{phase.seconds:.1f} s", f"[dim]{escape(phase.note)}"
            )
        return Group(table)
