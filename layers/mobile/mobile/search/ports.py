"""What the search needs of the outside: an engine, and for the embedded one a place for objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mobile.search.models import Change, Found, Query
    from shared.stored import Stored


class Finder(Protocol):
    """Answers searches."""

    def search(self, query: Query) -> Found:
        """Return what meets the query, best first, the newer one of equals first."""
        ...


class Indexer(Protocol):
    """Keeps an index in step with the posts."""

    def apply(self, changes: Iterable[Change]) -> frozenset[str]:
        """Bring changes in, in any order and as often as they come.

        Returns
        -------
        The ids of the posts whose changes could not be brought in, though all others were.
        """
        ...

    def rebuild(self, changes: Iterable[Change], started: int) -> int:
        """Make the index anew from every post there is, while searches and `apply` go on.

        Parameters
        ----------
        changes
            Each post as it was when it was read.
        started
            When the reading began, in epoch milliseconds: what the index knows from before then and the
            posts do not have is gone.

        Returns
        -------
        How many posts were brought in.
        """
        ...


class Objects(Protocol):
    """A place for objects: `shared.tagged.TaggedBucket`, or a fake."""

    def get(self, key: str, known: str | None = None) -> Stored | None:
        """Return an object, or None when its entity tag is still `known`.

        Raises
        ------
        shared.stored.Missing
            When there is none.
        """
        ...

    def part(self, key: str, start: int, size: int) -> bytes:
        """Return `size` bytes of an object.

        Raises
        ------
        shared.stored.Missing
            When there is none.
        """
        ...

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""
        ...

    def put_if(self, key: str, body: bytes, etag: str | None) -> str | None:
        """Write an object if it still has this entity tag, or for None if there is none yet.

        Returns
        -------
        Its entity tag, or None when somebody else was faster.
        """
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are gone already do not matter."""
        ...

    def keys(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Yield the key of each object that begins so, and when it was written, in epoch seconds."""
        ...
