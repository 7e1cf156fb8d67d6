"""The embedded engine: `Reader` searches the newest state of the index, `Writer` makes the next one."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tantivy

from mobile.search.embedded import files
from mobile.search.embedded.marks import marks
from mobile.search.embedded.queries import matching, ranked
from mobile.search.embedded.schema import (
    APPLIED,
    CREATED,
    FORMAT,
    ID,
    ID_HIGH,
    ID_LOW,
    REMOVED,
    SCHEMA,
    TAGS,
    Entry,
    document,
    entry_of,
    opened,
)
from mobile.search.models import FACETS, Facet, Found, Hit
from mobile.search.times import now
from shared.faults import Transient
from shared.stored import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mobile.search.models import Change, Query
    from mobile.search.ports import Objects

TIES = 10_000
"""Of how many posts with the same score the newest is sure to be first."""
TRIES = 8
"""How often a commit, or a look at what is newest, is tried when others are faster."""
REMEMBERED = 15 * 86_400_000
"""How long a removal is remembered, in milliseconds: longer than a queue keeps what could still come late."""
SLACK = 300_000
"""What clocks and streams may be late by, in milliseconds."""
GRACE = 600_000
"""The usual grace of packs."""
WASTE, SMALL = 0.5, 1000
"""Which part of the index may be deleted posts before it is written anew, unless it has fewer than SMALL."""
HEAP = 64_000_000
"""What a writer may hold in memory, in bytes, before it writes a segment."""


class Contended(Transient):
    """Other writers were faster, every time."""


class State:
    """One state of the index, open on this machine."""

    def __init__(self, manifest: files.Manifest, etag: str | None, folder: Path) -> None:
        self.manifest = manifest
        self.etag = etag
        self.folder = folder
        self.searcher = opened(str(folder)).searcher()

    def entries(self, query: tantivy.Query) -> Iterator[Entry]:
        """Yield every entry that meets a query."""
        found = self.searcher.search(query, limit=max(1, self.searcher.num_docs), count=False)
        for _, address in found.hits:
            yield entry_of(self.searcher.doc(address))


class Replica:
    """The index on this machine, as new as it is asked to be.

    Parameters
    ----------
    objects
        Where the index is.
    prefix
        What its objects' keys begin with.
    """

    def __init__(self, objects: Objects, prefix: str = "index") -> None:
        self._home = tempfile.TemporaryDirectory(prefix="search-")
        self.bucket = files.Bucket(objects, f"{prefix}/{FORMAT}")
        self.copy = files.Copy(Path(self._home.name), self.bucket)
        self.bytes_read = 0
        self._state: State | None = None

    def newest(self) -> State:
        """Return the index's newest state, with no more read than is not here yet.

        Raises
        ------
        Missing
            When a file that the newest manifest names is gone.
        """
        for tries in range(TRIES):
            found = self.bucket.newest(self._state.etag if self._state else None)
            if found is None and self._state is not None:
                return self._state
            if found is not None:
                manifest, etag = found
                if self._state is not None and self._state.etag == etag:
                    return self._state  # there is none yet, as before
                try:
                    folder, read = self.copy.check_out(manifest)
                except Missing:
                    # The manifest may have been outdated while it was read: the next one is there then.
                    if tries == TRIES - 1:
                        raise
                    continue
                self.bytes_read += read
                return self.adopt(State(manifest, etag, folder))
        raise Missing("the index")

    def adopt(self, state: State) -> State:
        """Make a state the one that is open, and drop what only the last one needed."""
        if self._state is not None:
            shutil.rmtree(self._state.folder, ignore_errors=True)
        self._state = state
        self.copy.forget(state.manifest)
        return state


class Reader:
    """Answers searches from the index, at most so many seconds old.

    Parameters
    ----------
    objects
        Where the index is.
    refresh_seconds
        For how long an answer may be given without a look at what is newest.
    clock
        Seconds that only go forward.
    """

    def __init__(
        self, objects: Objects, refresh_seconds: float = 2.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.replica = Replica(objects)
        self._refresh = refresh_seconds
        self._clock = clock
        self._looked: float | None = None
        self._state: State | None = None

    def search(self, query: Query) -> Found:
        """Return what meets the query, best first, the newer one of equals first."""
        searcher = self._open().searcher
        wanted = query.skip + query.limit
        clause = matching(query)
        counted = searcher.aggregate(clause, {"tags": {"terms": {"field": TAGS, "size": FACETS * 10}}})
        addresses, total = _best(searcher, query, wanted)
        hits = []
        for score, address in addresses[query.skip : wanted]:
            if post := entry_of(searcher.doc(address)).post:
                hits.append(Hit(post, score, marks(post.text, query.terms)))
        facets = sorted(
            (Facet(bucket["key"], bucket["doc_count"]) for bucket in counted["tags"]["buckets"]),
            key=lambda facet: (-facet.count, facet.tag),
        )
        return Found(tuple(hits), total, tuple(facets[:FACETS]))

    def _open(self) -> State:
        moment = self._clock()
        if self._state is None or self._looked is None or moment - self._looked >= self._refresh:
            self._state = self.replica.newest()
            self._looked = moment
        return self._state


def _best(
    searcher: tantivy.Searcher, query: Query, wanted: int
) -> tuple[list[tuple[float, tantivy.DocAddress]], int]:
    """Return the best posts, and how many meet the query. tantivy leaves the order of equals open."""
    clause = ranked(query) if query.terms.ranked else matching(query)
    order: dict[str, Any] = {} if query.terms.ranked else {"order_by_field": CREATED}
    limit = wanted + 1
    while True:
        found = searcher.search(clause, limit=limit, **order)
        hits = found.hits
        if len(hits) < limit or hits[-1][0] < hits[wanted - 1][0] or limit >= TIES:
            break
        limit = min(limit * 4, TIES)
    at = [address for _, address in hits]
    ids = zip(searcher.fast_field_values(ID_HIGH, at), searcher.fast_field_values(ID_LOW, at), strict=True)
    in_order = sorted(zip(hits, ids, strict=True), key=lambda each: (each[0][0], each[1]), reverse=True)
    scored = [(score if query.terms.ranked else 0.0, address) for (score, address), _ in in_order]
    count: int = getattr(found, "count", 0)  # tantivy's types leave it out
    return scored, count


class Draft:
    """The next state of the index, in the making."""

    def __init__(self, folder: Path, places: dict[str, files.Place]) -> None:
        self.folder = folder
        self.places = places

    def write(self, entries: Iterable[Entry], expired: int = 0) -> None:
        """Bring entries in, each in place of its post's last, and forget removals of before `expired`."""
        index = opened(str(self.folder))
        held = index.searcher().num_docs > 0
        writer = index.writer(HEAP, num_threads=1)
        for entry in entries:
            if held:
                writer.delete_documents_by_term(ID, entry.post_id)
            writer.add_document(document(entry))
        writer.delete_documents_by_query(_in_time(REMOVED, None, expired))
        writer.commit()
        writer.wait_merging_threads()

    @property
    def meta(self) -> str:
        """Tantivy's list of segments."""
        return (self.folder / "meta.json").read_text()

    def upload(self, bucket: files.Bucket, commit: str) -> None:
        """Write to the bucket what it does not have yet."""
        meta = self.meta
        counting = {path.name for path in self.folder.iterdir() if files.belongs(path.name, meta)}
        fresh = bucket.upload(self.folder, counting - self.places.keys(), commit)
        self.places = {name: place for name, place in self.places.items() if name in counting} | fresh


class Writer:
    """Keeps the index in step with the posts. Any number may; of two at once one starts again.

    Parameters
    ----------
    objects
        Where the index is.
    clock
        Epoch milliseconds.
    grace
        For how long a pack is kept that no longer counts, in milliseconds: a reader may still be at it.
    """

    def __init__(self, objects: Objects, clock: Callable[[], int] = now, grace: int = GRACE) -> None:
        self.replica = Replica(objects)
        self._grace = grace
        self._clock = clock

    def apply(self, changes: Iterable[Change]) -> frozenset[str]:
        """Bring changes in, in any order and as often as they come: one commit, or none if nothing is new.

        Raises
        ------
        Contended
            When that did not succeed, and nothing was changed.
        """
        latest = _latest(changes)
        for _ in range(TRIES):
            state = self.replica.newest()
            orders = _orders(state, latest)
            moment = self._clock()
            fresh = [
                Entry.of(change, moment)
                for change in latest.values()
                if change.order > orders.get(change.post_id, -1)
            ]
            if not fresh or self._commit(state, fresh, moment):
                return frozenset()
        raise Contended("the index was changed by others each time")

    def rebuild(self, changes: Iterable[Change], started: int) -> int:
        """Make the index anew from every post there is, while searches and `apply` go on.

        What the index learned since `started` is kept, and so are removals: their posts may have been read
        before they were removed.
        """
        with tempfile.TemporaryDirectory(prefix="rebuilt-") as made:
            draft = Draft(Path(made), {})
            moment = self._clock()
            orders: dict[str, int] = {}

            def entries() -> Iterator[Entry]:
                for change in changes:
                    if change.order > orders.get(change.post_id, -1):
                        orders[change.post_id] = change.order
                        yield Entry.of(change, moment)

            draft.write(entries())
            count = len(orders)
            for _ in range(TRIES):
                commit = files.commit_id()
                state = self.replica.newest()
                late = [
                    entry
                    for query in (_in_time(APPLIED, started - SLACK, None), _in_time(REMOVED, 0, None))
                    for entry in state.entries(query)
                    if entry.order > orders.get(entry.post_id, -1)
                ]
                if late:
                    draft.write(late)
                    orders |= {entry.post_id: entry.order for entry in late}
                draft.upload(self.replica.bucket, commit)
                if self._publish(state, draft, commit):
                    return count
        raise Contended("the index was changed by others each time")

    def _commit(self, state: State, entries: list[Entry], moment: int) -> bool:
        """Make the next state; False when somebody else was faster."""
        dead, all_of_them = files.dead(state.manifest.meta)
        commit = files.commit_id()
        if all_of_them >= SMALL and dead > WASTE * all_of_them:
            # tantivy merges small segments, and never a large one for what is deleted in it.
            draft = Draft(self.replica.copy.empty(), {})
            draft.write(state.entries(tantivy.Query.all_query()))
        else:
            folder, _ = self.replica.copy.check_out(state.manifest)
            draft = Draft(folder, dict(state.manifest.files))
        try:
            draft.write(entries, moment - REMEMBERED)
            draft.upload(self.replica.bucket, commit)
            if self._publish(state, draft, commit):
                return True
            self.replica.bucket.drop(commit)
            return False
        finally:
            shutil.rmtree(draft.folder)

    def _publish(self, state: State, draft: Draft, commit: str) -> bool:
        moment = self._clock()
        manifest = files.follow(state.manifest, commit, draft.meta, draft.places, (moment, self._grace))
        etag = self.replica.bucket.publish(manifest, state.etag)
        if etag is None:
            return False
        self.replica.copy.keep(draft.folder, draft.places)
        folder, _ = self.replica.copy.check_out(manifest)
        self.replica.adopt(State(manifest, etag, folder))
        self.replica.bucket.tidy(state.manifest, manifest, moment)
        return True


def _latest(changes: Iterable[Change]) -> dict[str, Change]:
    """Return of each post the change that holds."""
    latest: dict[str, Change] = {}
    for change in changes:
        if change.post_id not in latest or change.order > latest[change.post_id].order:
            latest[change.post_id] = change
    return latest


def _orders(state: State, ids: Iterable[str]) -> dict[str, int]:
    """Return the order of each of these posts that the index knows."""
    query = tantivy.Query.term_set_query(SCHEMA, ID, list(ids))
    return {entry.post_id: entry.order for entry in state.entries(query)}


def _in_time(field: str, start: int | None, end: int | None) -> tantivy.Query:
    """Return what has a time at `start` or later, and before `end`."""
    return tantivy.Query.range_query(
        SCHEMA,
        field,
        tantivy.FieldType.Unsigned,
        lower_bound=max(0, start or 0),
        upper_bound=end if end is None else max(0, end),
        include_upper=end is None,
    )
