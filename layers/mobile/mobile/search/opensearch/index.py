"""The OpenSearch engine.

Searches go to the alias `posts`, changes to every index of the alias `posts-writing`. That is one, but for a
rebuild: then the next index gets all changes too, until `posts` is moved to it at once.
"""

from __future__ import annotations

import itertools
import random
import time
import uuid
from typing import TYPE_CHECKING, Any

from opensearchpy.exceptions import NotFoundError, RequestError

from mobile.search.models import Change, Facet, Found, Hit
from mobile.search.opensearch.mapping import TEMPLATE, document, post_of
from mobile.search.opensearch.queries import body, marks
from mobile.search.times import now
from shared.faults import Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from opensearchpy import OpenSearch

    from mobile.search.models import Query

READ, WRITE, FIRST = "posts", "posts-writing", "posts-first"
TRIES = 4
"""How often a change is tried that OpenSearch is too busy for."""
PAUSE = 0.5
"""The longest pause before the second try, in seconds; then twice as long, and so on."""
CHUNK = 500
"""Changes a request, in a rebuild."""
SLACK = 300_000
"""What clocks and streams may be late by, in milliseconds."""
REMEMBERED = 15 * 86_400_000
"""How long a removal is remembered, in milliseconds: longer than a queue keeps what could still come late."""

_CONFLICT = 409
_BUSY = (429, 500, 502, 503, 504)
_OK = 300


class Busy(Transient):
    """OpenSearch did not take every change in time."""


class Finder:
    """Answers searches.

    Parameters
    ----------
    client
        A client of the domain.
    """

    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def search(self, query: Query) -> Found:
        """Return what meets the query, best first, the newer one of equals first."""
        answer = self._client.search(
            index=READ,
            body=body(query),
            params={"ignore_unavailable": "true", "preference": query.member or "_local"},
        )
        hits = []
        for found in answer["hits"]["hits"]:
            highlights = itertools.chain.from_iterable(found.get("highlight", {}).values())
            score = found["_score"] if query.terms.ranked else 0.0
            hits.append(Hit(post_of(found["_source"]), score, marks(highlights)))
        buckets = answer.get("aggregations", {"tags": {"buckets": []}})["tags"]["buckets"]
        facets = tuple(Facet(bucket["key"], bucket["doc_count"]) for bucket in buckets)
        return Found(tuple(hits), answer["hits"]["total"]["value"], facets)


class Indexer:
    """Keeps the index in step with the posts.

    Parameters
    ----------
    client
        A client of the domain.
    clock
        Epoch milliseconds.
    sleep
        Waits so many seconds.
    """

    def __init__(
        self, client: OpenSearch, clock: Callable[[], int] = now, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._clock = clock
        self._sleep = sleep

    def apply(self, changes: Iterable[Change]) -> frozenset[str]:
        """Bring changes in, in any order and as often as they come. Each change's order is its version.

        Returns
        -------
        The ids of the posts whose changes OpenSearch refuses as they are.

        Raises
        ------
        Busy
            When it was too busy for some; those it took it will not take twice.
        """
        documents = [(change, document(change, self._clock())) for change in changes]
        written: set[str] = set()
        refused: frozenset[str] = frozenset()
        # A rebuild may have begun meanwhile: what it read before these changes it does not have.
        while documents and (targets := self._targets() - written):
            refused |= self._bulk(
                [
                    (index, change.post_id, change.order, source)
                    for index in sorted(targets)
                    for change, source in documents
                ]
            )
            written |= targets
        return refused

    def rebuild(self, changes: Iterable[Change], started: int) -> int:
        """Make the index anew from every post there is, while searches and `apply` go on.

        The last index stays until the next rebuild, without an alias: a change that is under way may still
        be written to it.
        """
        olds = self._targets()
        self._forget_unused()
        fresh = f"posts-{uuid.uuid4().hex}"
        self._client.indices.create(index=fresh, body={"aliases": {WRITE: {}}})
        ids: set[str] = set()
        moment = self._clock()
        for chunk in _chunks(changes):
            ids.update(change.post_id for change in chunk)
            self._bulk([(fresh, change.post_id, change.order, document(change, moment)) for change in chunk])
        for old in olds:
            self._copy_late(old, fresh, started, moment)
        self._client.indices.update_aliases(
            body={
                "actions": [
                    {"add": {"index": fresh, "alias": READ}},
                    *(
                        {"remove": {"index": old, "alias": alias, "must_exist": False}}
                        for old in sorted(olds)
                        for alias in (READ, WRITE)
                    ),
                ]
            }
        )
        return len(ids)

    def _copy_late(self, old: str, fresh: str, started: int, moment: int) -> None:
        """Copy what `old` has learned since `started`, and the removals it remembers."""
        late = [
            {"range": {"applied": {"gte": started - SLACK}}},
            {"range": {"removed": {"gte": moment - REMEMBERED}}},
        ]
        self._client.indices.refresh(index=old)
        for chunk in _chunks(self._everything(old, {"bool": {"should": late}})):
            self._bulk([(fresh, hit["_id"], hit["_version"], hit["_source"]) for hit in chunk])

    def _everything(self, index: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {"query": query, "sort": ["post_id"], "size": CHUNK, "version": True}
        while hits := self._client.search(index=index, body=asked)["hits"]["hits"]:
            yield from hits
            asked["search_after"] = hits[-1]["sort"]

    def _bulk(self, documents: Sequence[tuple[str, str, int, dict[str, Any]]]) -> frozenset[str]:
        """Write documents unless theirs is older than what is there; return the ids of those refused."""
        refused: set[str] = set()
        waiting = documents
        for attempt in range(TRIES):
            if attempt:
                self._sleep(random.uniform(0, PAUSE * 2 ** (attempt - 1)))  # noqa: S311 - no secret
            lines: list[dict[str, Any]] = []
            for index, post_id, order, source in waiting:
                meta = {"_index": index, "_id": post_id, "version": order, "version_type": "external"}
                lines += [{"index": meta}, source]
            results = self._client.bulk(body=lines)["items"]
            statuses = [result["index"]["status"] for result in results]
            both = list(zip(waiting, statuses, strict=True))
            refused.update(
                each[1]
                for each, status in both
                if status >= _OK and status != _CONFLICT and status not in _BUSY
            )
            waiting = [each for each, status in both if status in _BUSY]
            if not waiting:
                return frozenset(refused)
        raise Busy(f"{len(waiting)} changes were not taken")

    def _targets(self) -> set[str]:
        """Return the indices that changes go to, after making the first one where there is none."""
        try:
            return set(self._client.indices.get_alias(name=WRITE))
        except NotFoundError:
            self._client.indices.put_index_template(name="posts", body=TEMPLATE)
            try:
                self._client.indices.create(index=FIRST, body={"aliases": {READ: {}, WRITE: {}}})
            except RequestError as error:
                if error.error != "resource_already_exists_exception":
                    raise
            return set(self._client.indices.get_alias(name=WRITE))

    def _forget_unused(self) -> None:
        """Bring the template up to date, and delete what the rebuild before left."""
        self._client.indices.put_index_template(name="posts", body=TEMPLATE)
        for index, about in self._client.indices.get_alias(index="posts-*").items():
            if not about["aliases"]:
                self._client.indices.delete(index=index)


def _chunks(everything: Iterable[Any]) -> Iterator[list[Any]]:
    items = iter(everything)
    while chunk := list(itertools.islice(items, CHUNK)):
        yield chunk
