"""Warm queries over 50,000 posts, write to visible, bytes a commit moves, both engines' top ten.

    python -m benchmarks search

The embedded engine works on a bucket in memory, so what is measured is the engine and not S3: add a
request's time for each one that is counted. A warm query is divided by its floor, the bare query for its
first word in the same index, without filters, near words, ages, tags and marks. Where an OpenSearch can be
had (docs/services/search.md) the same posts and queries go to it, and the top tens are compared; else that
part is left out, and says why.
"""

from __future__ import annotations

import itertools
import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import tantivy

import local.domains  # noqa: F401 - so that mobile and shared are found
from benchmarks.outcome import Check, Options, Outcome, progress, spread
from local.opensearch import UnavailableError, node
from mobile.search.embedded.index import Reader, Writer
from mobile.search.embedded.schema import SCHEMA, STEM, analyzed
from mobile.search.models import Change, Post, Query
from mobile.search.words import parse
from tests.search.objects import FakeObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mobile.search.ports import Finder

POSTS, ROUNDS, COMMITS = 50_000, 5, 40
NOW = 1_781_524_800_000  # 2026-06-15T12:00:00Z
MEMBERS = [str(uuid.UUID(int=number << 76 | 4 << 76, version=4)) for number in range(1, 200)]
TAGS = [f"tag{number}" for number in range(60)]
ME = MEMBERS[0]

LEAST_OVERLAP = 0.9
"""The part of one engine's top ten that the other's has, on average, at least."""
MOST_OF_INDEX = 0.05
"""Which part of the index a commit of one post may move at most, merges counted in."""


class Speed(NamedTuple):
    """Milliseconds of warm queries; of CPU time, this process's own, too: others' work is not in it."""

    p50: float
    p99: float
    cpu_p50: float
    cpu_p99: float


def run(options: Options) -> Outcome:
    """Measure it all."""
    chance = random.Random(0)  # noqa: S311 - the same posts at every run
    words = vocabulary(chance)
    posts = list(corpus(chance, words))
    queries = asked(chance, posts)
    objects = FakeObjects()
    writer, reader = Writer(objects, clock=lambda: NOW), Reader(objects, refresh_seconds=0)

    progress(f"embedded: building from {POSTS} posts")
    built = seconds(lambda: writer.rebuild([Change.written(post, 1) for post in posts], NOW))
    size = objects.put_bytes
    opened = seconds(lambda: reader.search(queries[0]))
    rounds = options.rounds or ROUNDS
    speed, ratios = warm(reader, queries, rounds), floors(reader, queries, rounds)
    commits = {batch: commit(objects, writer, reader, posts, batch) for batch in (1, 100)}
    moved = commits[1]["bytes"] / size
    megabytes = sum(len(post.text) for post in posts) / 1e6
    lines = [
        f"{POSTS} posts, {megabytes:.1f} MB of text; {len(queries)} queries",
        "",
        f"embedded: built in {built:.1f} s, {size / 1e6:.1f} MB in the bucket",
        f"  first answer        {opened:.2f} s, with the whole index to read",
        f"  warm query          p50 {speed.p50:.2f} ms, p99 {speed.p99:.2f} ms",
        f"  of CPU time         p50 {speed.cpu_p50:.2f} ms, p99 {speed.cpu_p99:.2f} ms",
        "  by the floor        {1:.1f} ({0:.1f} to {2:.1f})".format(*spread(ratios)),
    ]
    for batch, each in commits.items():
        lines += [
            f"  commit of {batch:<10}visible in {each['visible_ms']:.0f} ms, {each['requests']:.1f} requests",
            f"{'':22}{each['bytes'] / 1e3:.0f} kB written, {each['by_floor']:.1f} times the posts' own bytes;"
            f" {each['read'] / 1e3:.0f} kB read",
        ]
    figures: dict[str, Any] = {
        "embedded": {
            "built_s": built,
            "bytes": size,
            "first_s": opened,
            "by_floor": spread(ratios),
            **speed._asdict(),
            "commits": commits,
        }
    }
    checks = [Check("search: part of the index that a commit of one moves", moved, MOST_OF_INDEX)]
    try:
        other, overlap = opensearch(posts, queries, reader, rounds)
    except UnavailableError as error:
        lines += ["", f"OpenSearch is left out: {error}"]
    else:
        figures["opensearch"] = {**other, "overlap": overlap}
        checks.append(Check("search: overlap of both top tens", overlap, LEAST_OVERLAP, at_least=True))
        lines += [
            "",
            f"OpenSearch, on this machine: built in {other['built_s']:.1f} s",
            f"  warm query          p50 {other['p50']:.2f} ms, p99 {other['p99']:.2f} ms, over HTTP",
            f"  overlap of top ten  {overlap:.3f}",
        ]
    return Outcome("\n".join(lines), figures, checks)


def opensearch(
    posts: Sequence[Post], queries: Sequence[Query], reader: Finder, rounds: int
) -> tuple[dict[str, float], float]:
    """Measure the same on a real OpenSearch; return it and the overlap of the top tens."""
    from opensearchpy import OpenSearch  # noqa: PLC0415 - where one can be had

    from mobile.search.opensearch.index import Finder as OpenSearchFinder  # noqa: PLC0415
    from mobile.search.opensearch.index import Indexer  # noqa: PLC0415

    with node(progress) as url:
        client = OpenSearch(url, timeout=60)
        client.indices.delete(index="posts-*", params={"ignore_unavailable": "true"})
        progress(f"OpenSearch: building from {POSTS} posts")
        changes = [Change.written(post, 1) for post in posts]
        built = seconds(lambda: Indexer(client, clock=lambda: NOW).rebuild(changes, NOW))
        client.indices.refresh(index="posts-*")
        finder = OpenSearchFinder(client)
        speed = warm(finder, queries, rounds)
        shares = [share(top(reader, query), top(finder, query)) for query in queries]
        client.indices.delete(index="posts-*")
    return {"built_s": built, **speed._asdict()}, sum(shares) / len(shares)


def vocabulary(chance: random.Random) -> list[str]:
    """Return made-up words, the most frequent first."""
    syllables = [first + second for first in "bcdfghklmnprstvw" for second in "aeiou"]
    found = {"".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 3, 4)))) for _ in range(30_000)}
    words = sorted(found)
    chance.shuffle(words)
    return words


def corpus(chance: random.Random, words: list[str]) -> Iterator[Post]:
    """Yield posts whose words are as frequent as Zipf's law has it, over two years."""
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(words))))
    for number in range(POSTS):
        created = NOW - int(chance.expovariate(1 / (120 * 86_400_000))) - number
        text = " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(4, 60)))
        yield Post(
            str(uuid.UUID(int=created << 80 | 7 << 76 | 2 << 62 | number)),
            chance.choice(MEMBERS),
            "somebody",
            text,
            tuple(chance.sample(TAGS, chance.randint(0, 4))),
            "private" if chance.random() < 0.1 else "public",  # noqa: PLR2004
            datetime.fromtimestamp(created / 1000, UTC).isoformat(timespec="milliseconds"),
        )


def asked(chance: random.Random, posts: list[Post], each: int = 40) -> list[Query]:
    """Return queries of every kind, for what is there to be found."""

    def some(count: int) -> list[str]:
        while True:
            words = chance.choice(posts).text.split()
            if len(words) > count + 1:
                start = chance.randrange(len(words) - count)
                return words[start : start + count]

    def mistaken() -> str:
        while True:
            [word] = some(1)
            if len(word) > 5:  # noqa: PLR2004 - one mistake is tolerated then
                place = chance.randrange(1, len(word) - 1)
                return word[:place] + word[place + 1 :]

    texts = [
        *(some(1)[0] for _ in range(each)),
        *(" ".join(some(2)) for _ in range(each)),
        *(" ".join(some(3)) for _ in range(each)),
        *(f'"{" ".join(some(2))}"' for _ in range(each)),
        *(f"{some(1)[0][:3]}*" for _ in range(each)),
        *(mistaken() for _ in range(each)),
    ]
    queries = [Query(ME, parse(text), NOW, limit=10) for text in texts]
    tagged = [msgspec.structs.replace(query, tags=(chance.choice(TAGS),)) for query in queries[:each]]
    return [*queries, *tagged]


def warm(finder: Finder, queries: Sequence[Query], rounds: int) -> Speed:
    """Return what queries take whose index is open."""
    for query in queries:
        finder.search(query)
    taken, cpu = [], []
    for done in range(rounds):
        progress(f"{type(finder).__name__}: round {done + 1} of {rounds}")
        for query in queries:
            before = time.process_time()
            taken.append(1000 * seconds(lambda query=query: finder.search(query)))  # type: ignore[misc]
            cpu.append(1000 * (time.process_time() - before))
    (p50, p99), (cpu_p50, cpu_p99) = (
        (sorted(each)[len(each) // 2], sorted(each)[int(len(each) * 0.99)]) for each in (taken, cpu)
    )
    return Speed(p50, p99, cpu_p50, cpu_p99)


def floors(reader: Reader, queries: Sequence[Query], rounds: int) -> list[float]:
    """Return how many times its floor a query takes, each next to it."""
    searcher = reader.replica.newest().searcher
    ratios = []
    for query in [*queries] * rounds:
        if not query.terms.words:
            continue
        [(_, stem), *_] = analyzed(query.terms.words[0])
        bare = tantivy.Query.term_query(SCHEMA, STEM, stem)
        floor = seconds(lambda bare=bare: searcher.search(bare, limit=10, count=False))  # type: ignore[misc]
        ratios.append(seconds(lambda query=query: reader.search(query)) / floor)  # type: ignore[misc]
    return ratios


def commit(
    objects: FakeObjects, writer: Writer, reader: Reader, posts: list[Post], batch: int
) -> dict[str, float]:
    """Change posts some commits long; return what one takes on average, with merges counted in."""
    written, read, calls = objects.put_bytes, objects.got_bytes, objects.calls
    plain, visible = 0, []
    for number in range(COMMITS):
        progress(f"embedded: commit {number + 1} of {COMMITS}, {batch} posts each")
        before = posts[number * batch : (number + 1) * batch]
        changes = [
            Change.written(msgspec.structs.replace(post, text=f"{post.text} edited"), 2 + batch)
            for post in before
        ]
        plain += sum(len(msgspec.json.encode(change.post)) for change in changes)
        query = Query(ME, parse("edited"), NOW)
        total = reader.search(query).total

        def change_and_look(changes: list[Change] = changes, query: Query = query) -> None:
            writer.apply(changes)
            reader.search(query)

        visible.append(1000 * seconds(change_and_look))
        if reader.search(query).total < total:
            raise AssertionError("a change is not visible")
    return {
        "visible_ms": spread(visible)[1],
        "bytes": (objects.put_bytes - written) / COMMITS,
        "by_floor": (objects.put_bytes - written) / plain,
        "read": (objects.got_bytes - read) / COMMITS,
        "requests": (objects.calls - calls) / COMMITS,
    }


def top(finder: Finder, query: Query) -> set[str]:
    """Return the ids of the ten best."""
    return {hit.post.post_id for hit in finder.search(query).hits}


def share(one: set[str], other: set[str]) -> float:
    """Return which part of the ten best both have."""
    return len(one & other) / max(len(one), len(other), 1) if one or other else 1.0


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
