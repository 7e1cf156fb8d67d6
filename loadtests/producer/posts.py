"""Posts made up from a seed: the same seed and settings make the same lines."""

from __future__ import annotations

import itertools
import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

WORDS = (
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipiscing",
    "elit",
    "sed",
    "tempor",
    "magna",
)
STEMS = ("trend", "Café", "München", "東京", "コーヒー", "Москва", "κόσμος", "كرة", "naïve_art", "go2026")
LANGUAGES = ("en", "es", "de", "ja", "ar")
# What looks like a hashtag and is none: within a word or a URL, or digits alone.
DECOYS = ("C#", "a#b", "#2026", "https://example.com/page#section", "&#39;")
DUPLICATES_BACK = 10_000
"""From how many of the last posts a duplicate is taken."""
LATE_SECONDS = 5.0
"""By how much a post is late, on average."""


@dataclass(frozen=True)
class Wanted:
    """What to make.

    Attributes
    ----------
    posts
        How many posts that differ.
    begin
        When the first was created, UTC.
    seconds
        Within how many seconds after that all were.
    seed
        What chance starts from.
    duplicates, poison
        The shares of lines, 0 to less than 1 in all, that repeat a post and that are none.
    hashtags, authors
        How many different ones there are.
    hashtag_skew, author_skew
        Exponents of Zipf's law: the n-th is chosen 1/n**skew as often as the first; 0 chooses evenly.
    """

    posts: int
    begin: datetime
    seconds: float = 600.0
    seed: int = 1
    duplicates: float = 0.0
    poison: float = 0.0
    hashtags: int = 1_000
    hashtag_skew: float = 1.0
    authors: int = 10_000
    author_skew: float = 0.0


def lines(wanted: Wanted) -> Iterator[bytes]:
    """Yield one line a record, without its end: posts, copies of earlier posts, and lines that are no posts.

    A post's member `hashtags` lists those in its text, each once, case-folded: for who wants to check a count
    without reading texts. No consumer reads it.
    """
    chance = random.Random(wanted.seed)  # noqa: S311 - it is to be the same each time
    # What is made with other settings is told from this, line by line.
    ids = random.Random(f"{wanted.seed} {wanted.posts} {wanted.begin.isoformat()}")  # noqa: S311
    tags = [f"{STEMS[n % len(STEMS)]}{n // len(STEMS) or ''}" for n in range(wanted.hashtags)]
    tag_weights = _zipf(wanted.hashtags, wanted.hashtag_skew)
    author_weights = _zipf(wanted.authors, wanted.author_skew)
    authors = range(wanted.authors)
    last: list[bytes] = []
    made = 0
    while made < wanted.posts:
        dice = chance.random()
        if dice < wanted.poison:
            yield _poison(ids)
        elif last and dice < wanted.poison + wanted.duplicates:
            yield chance.choice(last)
        else:
            late = chance.expovariate(1 / LATE_SECONDS)
            offset = max(0.0, wanted.seconds * made / wanted.posts - late)
            used = chance.choices(tags, cum_weights=tag_weights, k=chance.choice((0, 1, 1, 1, 2, 2, 3)))
            author = chance.choices(authors, cum_weights=author_weights)[0]
            created = wanted.begin + timedelta(seconds=offset)
            line = _post(chance, _uuid7(ids, created), created, f"author-{author}", list(dict.fromkeys(used)))
            if len(last) < DUPLICATES_BACK:
                last.append(line)
            else:
                last[made % DUPLICATES_BACK] = line
            made += 1
            yield line


def _zipf(count: int, skew: float) -> list[float]:
    return list(itertools.accumulate(1 / n**skew for n in range(1, count + 1)))


def _post(
    chance: random.Random, post_id: uuid.UUID, created: datetime, author: str, tags: list[str]
) -> bytes:
    text = chance.choices(WORDS, k=chance.randrange(12, 22))
    for tag in tags:
        written = chance.choice((tag, tag.upper(), tag.title()))
        # A spelling that does not fold back would be another hashtag.
        written = written if written.casefold() == tag.casefold() else tag
        text.insert(chance.randrange(len(text) + 1), chance.choice("##\uff03") + written)
    if chance.random() < 0.2:  # noqa: PLR2004 - a fifth of the posts
        text.insert(chance.randrange(len(text) + 1), chance.choice(DECOYS))
    post = {
        "post_id": str(post_id),
        "created_at": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "author": author,
        "lang": chance.choice(LANGUAGES),
        "text": " ".join(text),
        "hashtags": [tag.casefold() for tag in tags],
    }
    return json.dumps(post, ensure_ascii=False, separators=(",", ":")).encode()


def _uuid7(chance: random.Random, created: datetime) -> uuid.UUID:
    milliseconds = round(created.timestamp() * 1000)
    return uuid.UUID(
        int=milliseconds << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    )


def _poison(chance: random.Random) -> bytes:
    mark = f"{chance.getrandbits(64):016x}".encode()
    return chance.choice(
        (
            b'{"post_id":"' + mark + b'","created_at":"2026-01-02T03:0',  # cut off
            b"\xff\xfe" + mark,  # not UTF-8
            b"hello " + mark,  # not JSON
            b'["' + mark + b'"]',  # not an object
            b'{"post_id":"' + mark + b'"}',  # a member is missing
            b'{"post_id":7,"created_at":"' + mark + b'","text":null}',  # of the wrong types
        )
    )
