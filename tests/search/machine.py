"""Any sequence of writes, edits, removals, batches that come twice and late, crashes, races and rebuilds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mobile.search.models import Change, Post, Query, Terms, Visibility
from tests.search.engines import Engine
from tests.search.model import STEMS, Model
from tests.search.posts import ANN, AS_OF, BEN, post

WORDS = st.sampled_from(sorted(STEMS))
TEXTS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
TAGS = st.lists(st.sampled_from(["tea", "oil", "cup"]), unique=True, max_size=3)
VISIBILITIES = st.sampled_from(["public", "private"])
AUTHORS = st.sampled_from([ANN, BEN])
AGES = st.sampled_from([timedelta(hours=2), timedelta(days=3), timedelta(days=20), timedelta(days=800)])
TERMS = st.builds(
    Terms,
    words=st.lists(WORDS, max_size=2, unique=True).map(tuple),
    prefixes=st.lists(st.sampled_from(["te", "run", "porcel", "b"]), max_size=1).map(tuple),
    phrases=st.lists(st.lists(WORDS, min_size=1, max_size=2).map(tuple), max_size=1).map(tuple),
    excluded=st.lists(WORDS, max_size=1).map(tuple),
)
TIMES = st.sampled_from([None, AS_OF - 10 * 86_400_000, AS_OF - 86_400_000])
QUERIES = st.builds(
    Query,
    member=AUTHORS,
    terms=st.just(Terms()) | TERMS,
    as_of=st.just(AS_OF),
    tags=st.lists(st.sampled_from(["tea", "oil"]), max_size=1).map(tuple),
    since=TIMES,
    until=TIMES,
    limit=st.just(100),
)
PICKS = st.lists(st.integers(0, 1_000), min_size=1, max_size=6)
WRITERS = st.integers(0, 1)


@dataclass
class Stored:
    """A post in the table."""

    post: Post
    version: int


class SearchMachine(RuleBasedStateMachine):
    """The posts' table, its stream, and an engine that is brought what the stream has in any order.

    Subclasses say how an engine is made.
    """

    make: Callable[[], Engine]

    @initialize()
    def begin(self) -> None:
        self.engine = type(self).make()
        self.table: dict[str, Stored] = {}
        self.stream: list[Change] = []
        self.model = Model()
        self.seconds = self.crashes = 0

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.close()

    # The table ------------------------------------------------------------------------------------------
    @rule(text=TEXTS, tags=TAGS, visibility=VISIBILITIES, author=AUTHORS, age=AGES)
    def write(self, text: str, tags: list[str], visibility: Visibility, author: str, age: timedelta) -> None:
        written = post(text, *tags, author=author, visibility=visibility, age=age)
        self.table[written.post_id] = Stored(written, 1)
        self.stream.append(Change.written(written, 1))

    @precondition(lambda self: self.table)
    @rule(pick=st.integers(0, 1_000), text=TEXTS, tags=TAGS, visibility=VISIBILITIES)
    def edit(self, pick: int, text: str, tags: list[str], visibility: Visibility) -> None:
        before = self._stored(pick)
        old = before.post
        edited = Post(
            old.post_id, old.author_id, old.author_name, text, tuple(tags), visibility, old.created_at
        )
        self.table[old.post_id] = Stored(edited, before.version + 1)
        self.stream.append(Change.written(edited, before.version + 1))

    @precondition(lambda self: self.table)
    @rule(pick=st.integers(0, 1_000))
    def remove(self, pick: int) -> None:
        gone = self._stored(pick)
        del self.table[gone.post.post_id]
        self.stream.append(Change.removed(gone.post.post_id, gone.version))

    # The stream -----------------------------------------------------------------------------------------
    @precondition(lambda self: self.stream)
    @rule(picks=PICKS, writer=WRITERS)
    def bring(self, picks: list[int], writer: int) -> None:
        """Bring changes in: old ones, later ones before earlier ones, and some twice."""
        changes = self._picked(picks)
        assert self.engine.writers[writer].apply(changes) == frozenset()
        self.model = self.model.apply(*changes)

    @precondition(lambda self: self.stream)
    @rule(first=PICKS, second=PICKS)
    def race(self, first: list[int], second: list[int]) -> None:
        one, other = self._picked(first), self._picked(second)
        self.engine.race(one, other)
        self.model = self.model.apply(*one, *other)

    @precondition(lambda self: self.stream)
    @rule(picks=PICKS, writer=WRITERS, at=st.integers(0, 3), late=st.booleans())
    def crash(self, picks: list[int], writer: int, at: int, late: bool) -> None:
        """Let the writer die: what is found then is what was before, or all of what was to come."""
        changes = self._picked(picks)
        before, after = self.model, self.model.apply(*changes)
        crashed = self.engine.crash(writer, changes, at, late)
        self.crashes += crashed
        everything = Query(ANN, Terms(), AS_OF, limit=1000)
        bens = Query(BEN, Terms(), AS_OF, limit=1000)
        found = [[hit.post for hit in self.engine.finder.search(query).hits] for query in (everything, bens)]
        states = [[model.search(query)[0] for query in (everything, bens)] for model in (after, before)]
        assert found in (states if crashed else states[:1])
        # A removal of what is not there shows nowhere, so what is not sure is brought again.
        if found != states[0] or (crashed and states[0] == states[1]):
            self.engine.writers[1 - writer].apply(changes)
        self.model = after

    @rule(writer=WRITERS)
    def rebuild(self, writer: int) -> None:
        """Make the index anew from the table, with changes in the stream that have still to come."""
        self._pass(3600)
        table = [Change.written(stored.post, stored.version) for stored in self.table.values()]
        self.engine.writers[writer].rebuild(table, AS_OF + self.seconds * 1000)
        known = self.model.changes.items()
        kept = {each: change for each, change in known if change.post is None or each in self.table}
        self.model = Model(kept).apply(*table)

    @rule(seconds=st.sampled_from([1, 400, 4000]))
    def wait(self, seconds: int) -> None:
        self._pass(seconds)

    # What has to hold -----------------------------------------------------------------------------------
    @rule(query=QUERIES, page=st.integers(1, 4))
    def look(self, query: Query, page: int) -> None:
        posts, facets = self.model.search(query)

        found = self.engine.finder.search(query)

        assert {hit.post.post_id: hit.post for hit in found.hits} == {post.post_id: post for post in posts}
        assert (len(found.hits), found.total, found.facets) == (len(posts), len(posts), facets)
        if not query.terms.ranked:
            assert [hit.post for hit in found.hits] == posts
        scores = [hit.score for hit in found.hits]
        assert scores == sorted(scores, reverse=True)
        self._pages_are_the_whole(query, page, [hit.post for hit in found.hits])

    def _pages_are_the_whole(self, query: Query, page: int, whole: list[Post]) -> None:
        for skip in range(0, min(len(whole), 3 * page), page):
            part = Query(
                query.member, query.terms, query.as_of, query.tags, query.since, query.until, skip, page
            )
            assert [hit.post for hit in self.engine.finder.search(part).hits] == whole[skip : skip + page]

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        if hasattr(self, "engine"):
            query = Query(ANN, Terms(), AS_OF, limit=1000)
            assert [hit.post for hit in self.engine.finder.search(query).hits] == self.model.search(query)[0]

    def _pass(self, seconds: int) -> None:
        self.seconds += seconds  # the engine's clock and the one that a rebuild is begun by are the same
        self.engine.later(seconds)

    def _stored(self, pick: int) -> Stored:
        return list(self.table.values())[pick % len(self.table)]

    def _picked(self, picks: list[int]) -> list[Change]:
        return [self.stream[pick % len(self.stream)] for pick in picks]
