"""The OpenSearch engine under test, on a real node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from opensearchpy import OpenSearch

from mobile.search.models import Change, Found, Query
from mobile.search.opensearch.index import Finder, Indexer
from tests.search.engines import Engine
from tests.search.objects import Crash
from tests.search.posts import AS_OF


class Fragile:
    """A client whose writer can crash before or after a bulk request."""

    def __init__(self, client: OpenSearch) -> None:
        self._client = client
        self.crash_at: int | None = None
        self.late = False
        self.meanwhile: Callable[[], object] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def bulk(self, **given: Any) -> Any:
        if self.meanwhile is not None:
            others, self.meanwhile = self.meanwhile, None
            others()
        crashes = self.crash_at == 0
        self.crash_at = None if self.crash_at in {None, 0} else self.crash_at - 1
        if crashes and not self.late:
            raise Crash
        answer = self._client.bulk(**given)
        if crashes:
            raise Crash
        return answer


class Newest(Finder):
    """A finder that sees at once what OpenSearch shows after a second."""

    def search(self, query: Query) -> Found:
        self._client.indices.refresh(index="posts-*")
        return super().search(query)


class Real(Engine):
    """The OpenSearch engine on a node that is emptied for it."""

    def __init__(self, url: str) -> None:
        self.client = OpenSearch(url, timeout=30)
        self.close()
        self.fragile = Fragile(self.client)
        self.seconds = 0.0
        self.writers = (self._writer(), self._writer())
        self.finder = Newest(self.client)

    def _writer(self) -> Indexer:
        return Indexer(
            self.fragile,  # type: ignore[arg-type]
            clock=lambda: AS_OF + int(self.seconds * 1000),
            sleep=lambda _: None,
        )

    def crash(self, writer: int, changes: Iterable[Change], at: int, late: bool) -> bool:
        self.fragile.crash_at, self.fragile.late = at, late
        try:
            self.writers[writer].apply(changes)
        except Crash:
            return True
        finally:
            self.fragile.crash_at = None
        return False

    def race(self, first: Iterable[Change], second: Iterable[Change]) -> None:
        self.fragile.meanwhile = lambda: self.writers[1].apply(second)
        self.writers[0].apply(first)

    def later(self, seconds: float) -> None:
        self.seconds += seconds

    def close(self) -> None:
        self.client.indices.delete(index="posts-*", params={"ignore_unavailable": "true"})
