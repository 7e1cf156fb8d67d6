"""How engines rank, in numbers that both share.

A post's score is what its text earns, times what its age does. Text earns by BM25 (k1 1.2, b 0.75, with the
factor k1 + 1) over stems and phrases. A word that is only near, a typing mistake away or begun by a prefix,
earns nothing beside the little that every post has that meets the query.
"""

from __future__ import annotations

NEAR = 0.1
"""What every post that meets the query has, so that among near ones the younger is better."""

_HOUR = 3_600_000
_DAY = 24 * _HOUR

FRESHNESS = ((_DAY, 2.0), (7 * _DAY, 1.6), (30 * _DAY, 1.3), (365 * _DAY, 1.1))
"""Up to which age, in milliseconds, a score is multiplied by what. By steps both engines rank alike."""
OLD = 1.0
"""The factor of what is older than the last step."""


def mistakes(word: str) -> int:
    """Return how many typing mistakes a word may be away: letters added, left out, changed or swapped."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2  # noqa: PLR2004 - the rule itself


def ages(as_of: int) -> list[tuple[int | None, int, float]]:
    """Return the steps as times of creation: from (None: ever), to before, factor. Each post is in one."""
    steps: list[tuple[int | None, int, float]] = []
    end = as_of + 1
    for age, factor in FRESHNESS:
        steps.append((as_of - age, end, factor))
        end = as_of - age
    return [*steps, (None, end, OLD)]
