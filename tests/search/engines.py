"""An engine under test: what both engines have in common, and the embedded one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from mobile.search.embedded.index import Reader, Writer
from mobile.search.models import Change, Found, Query, Terms
from mobile.search.ports import Finder, Indexer
from mobile.search.words import parse
from tests.search.objects import Crash, FakeObjects
from tests.search.posts import ANN, AS_OF


class Engine(ABC):
    """An index of its own, two writers and a reader that always looks at what is newest."""

    writers: tuple[Indexer, Indexer]
    finder: Finder

    def search(self, text: str = "", member: str = ANN, **more: object) -> Found:
        """Search for what somebody typed."""
        terms = parse(text) if text else Terms()
        return self.finder.search(Query(member, terms, **{"as_of": AS_OF, **more}))  # type: ignore[arg-type]

    def texts(self, text: str = "", member: str = ANN, **more: object) -> list[str]:
        """Return the texts that are found, best first."""
        return [hit.post.text for hit in self.search(text, member, **more).hits]

    def apply(self, *changes: Change) -> None:
        """Bring changes in."""
        assert self.writers[0].apply(changes) == frozenset()

    @abstractmethod
    def crash(self, writer: int, changes: Iterable[Change], at: int, late: bool) -> bool:
        """Bring changes in by a writer that crashes at a write, before or after its effect; say if it did.

        The writer starts anew, as Lambda starts another environment.
        """

    @abstractmethod
    def race(self, first: Iterable[Change], second: Iterable[Change]) -> None:
        """Bring changes in by two writers, the second of which is done when the first is about to be."""

    @abstractmethod
    def later(self, seconds: float) -> None:
        """Let time pass, as far as the engine looks at it."""

    @abstractmethod
    def close(self) -> None:
        """Remove the index."""


class Embedded(Engine):
    """The embedded engine on a bucket in memory."""

    def __init__(self) -> None:
        self.objects = FakeObjects()
        self.seconds = 0.0
        self.later(0)
        self.writers = (self._writer(), self._writer())
        self.finder = self.reader = Reader(self.objects, refresh_seconds=0)

    def _writer(self) -> Writer:
        return Writer(self.objects, clock=lambda: AS_OF + int(self.seconds * 1000))

    def crash(self, writer: int, changes: Iterable[Change], at: int, late: bool) -> bool:
        self.objects.crash_at, self.objects.late = at, late
        try:
            self.writers[writer].apply(changes)
        except Crash:
            first, second = self.writers
            self.writers = (self._writer(), second) if writer == 0 else (first, self._writer())
            return True
        finally:
            self.objects.crash_at = None
        return False

    def race(self, first: Iterable[Change], second: Iterable[Change]) -> None:
        self.objects.meanwhile = lambda: self.writers[1].apply(second)
        self.writers[0].apply(first)
        if self.objects.meanwhile is not None:  # the first had nothing to write
            self.objects.meanwhile = None
            self.writers[1].apply(second)

    def later(self, seconds: float) -> None:
        self.seconds += seconds
        self.objects.seconds = AS_OF / 1000 + self.seconds

    def close(self) -> None:
        self.objects.held.clear()
