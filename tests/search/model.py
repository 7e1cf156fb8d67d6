"""What a search engine has to answer, as plainly as it can be said: a list is looked through, word by word.

Nothing of the engines is in here: stems are written down, and mistakes are made, not measured.
"""

from __future__ import annotations

import string
from collections import Counter
from dataclasses import dataclass, field

from mobile.search.models import Change, Facet, Post, Query
from mobile.search.times import milliseconds

STEMS = {
    "run": "run",
    "runs": "run",
    "running": "run",
    "teapot": "teapot",
    "teapots": "teapot",
    "teapto": "teapto",
    "porcelain": "porcelain",
    "porcalian": "porcalian",
    "blue": "blue",
    "blew": "blew",
    "tea": "tea",
}
"""Words, and their stems by the English stemmer of Snowball."""


def mistaken(word: str) -> set[str]:
    """Return what `word` becomes by one mistake, or none."""
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    letters = string.ascii_lowercase
    return (
        {word}
        | {left + right[1:] for left, right in halves if right}
        | {left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1}
        | {left + letter + right[1:] for left, right in halves if right for letter in letters}
        | {left + letter + right for left, right in halves for letter in letters}
    )


def near(word: str) -> set[str]:
    """Return the known words that may be meant by `word`."""
    if len(word) < 4:
        return {word}
    once = mistaken(word)
    if len(word) < 8:
        return once & STEMS.keys()
    return {other for other in STEMS if once & mistaken(other)}


NEAR = {word: near(word) for word in STEMS}


@dataclass
class Model:
    """The posts as the changes that were brought in have left them."""

    changes: dict[str, Change] = field(default_factory=dict)

    def apply(self, *changes: Change) -> Model:
        """Return the model with these changes brought in."""
        after = dict(self.changes)
        for change in changes:
            if change.post_id not in after or change.order > after[change.post_id].order:
                after[change.post_id] = change
        return Model(after)

    def search(self, query: Query) -> tuple[list[Post], tuple[Facet, ...]]:
        """Return all posts that meet a query, the newest first, and its facets."""
        posts = [change.post for change in self.changes.values() if change.post]
        found = [post for post in posts if _visible(post, query) and _meets(post, query)]
        count = Counter(tag for post in found for tag in post.tags)
        facets = sorted(
            (Facet(tag, number) for tag, number in count.items()), key=lambda f: (-f.count, f.tag)
        )
        return sorted(found, key=lambda post: (post.created_at, post.post_id), reverse=True), tuple(facets)


def _visible(post: Post, query: Query) -> bool:
    return post.visibility == "public" or post.author_id == query.member


def _meets(post: Post, query: Query) -> bool:
    created, said, terms = milliseconds(post.created_at), post.text.split(), query.terms
    return (
        created <= query.as_of
        and (query.since is None or created >= query.since)
        and (query.until is None or created < query.until)
        and set(query.tags) <= set(post.tags)
        and all(
            any(STEMS[word] == STEMS[wanted] or word in NEAR[wanted] for word in said)
            for wanted in terms.words
        )
        and all(any(word.startswith(prefix) for word in said) for prefix in terms.prefixes)
        and all(f" {' '.join(phrase)} " in f" {post.text} " for phrase in terms.phrases)
        and not any(STEMS[word] == STEMS[unwanted] for word in said for unwanted in terms.excluded)
    )
