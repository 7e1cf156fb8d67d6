"""What is searched, asked for and found, as plain data."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Visibility: TypeAlias = Literal["public", "private"]


class Post(msgspec.Struct, frozen=True):
    """A post as search knows it. A private post is its author's alone.

    `text` is in Unicode's composed form (NFC), `created_at` in UTC in ISO 8601.
    """

    post_id: str
    author_id: str
    author_name: str
    text: str
    tags: tuple[str, ...]
    visibility: Visibility
    created_at: str


class Change(msgspec.Struct, frozen=True):
    """What became of one post; None: it was removed.

    Of two changes of a post the one with the greater `order` holds, whichever comes first. A write has twice
    its version, a removal twice the version that it removed and one: later than that version, earlier than
    any that could follow.
    """

    post_id: str
    order: int
    post: Post | None

    @classmethod
    def written(cls, post: Post, version: int) -> Change:
        """Return the change that wrote `post` as its `version`, counted from 1."""
        return cls(post.post_id, 2 * version, post)

    @classmethod
    def removed(cls, post_id: str, version: int) -> Change:
        """Return the change that removed the post in its `version`."""
        return cls(post_id, 2 * version + 1, None)


class Terms(msgspec.Struct, frozen=True):
    """The text that is asked for. A post has to meet every part of it; empty, it meets all.

    Parameters
    ----------
    words
        Each is met by any word of the same stem, or one that is a typing mistake away: none below four
        letters, one from four, two from eight.
    prefixes
        Each is met by any word that begins with it.
    phrases
        Each is met by these words in a row, as they stand but for case and accents.
    excluded
        No word may have one of these's stems.
    """

    words: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def ranked(self) -> bool:
        """Whether there is anything to rank by; else the newest is first."""
        return bool(self.words or self.prefixes or self.phrases)


class Query(msgspec.Struct, frozen=True):
    """What a member asks for.

    Parameters
    ----------
    member
        Who asks: public posts are found, and private ones of this author.
    terms
        The text.
    as_of
        The time of the search's first page, in epoch milliseconds. Younger posts are left out, so that pages
        do not shift, and ages are counted from it.
    tags
        A post has to have all of them.
    since, until
        A post has to be created at `since` or later, and before `until`; epoch milliseconds.
    skip, limit
        How many of the best are left out, and how many are answered; WINDOW at most in all.
    """

    member: str
    terms: Terms
    as_of: int
    tags: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    skip: int = 0
    limit: int = 20


WINDOW = 1000
"""How far a search can be paged; who wants more narrows it down."""
FACETS = 20
"""How many tags are counted in an answer, the most frequent first."""


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A word of a post's text that met the query: from the character `start` to before `end`."""

    start: int
    end: int


class Hit(msgspec.Struct, frozen=True):
    """A post that was found. A score can be compared within one answer; without words there is none (0)."""

    post: Post
    score: float
    marks: tuple[Mark, ...]


class Facet(msgspec.Struct, frozen=True):
    """A tag, and how many of all that was found has it."""

    tag: str
    count: int


class Found(msgspec.Struct, frozen=True):
    """An engine's answer: the page, and total and facets of all that meets the query."""

    hits: tuple[Hit, ...]
    total: int
    facets: tuple[Facet, ...]
