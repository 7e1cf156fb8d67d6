"""Which words of a post met a query.

tantivy's snippets know of whole words only, not of near ones, so the words are compared here as it compares
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobile.search.embedded.schema import analyzed
from mobile.search.models import Mark
from mobile.search.ranking import mistakes
from mobile.search.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mobile.search.models import Terms


def marks(text: str, terms: Terms) -> tuple[Mark, ...]:
    """Return the words of `text` that met `terms`, as they stand in it."""
    wanted = [pair for word in terms.words for pair in analyzed(word)]
    begun = [pair for word in terms.prefixes for pair in analyzed(word)]
    found: set[tuple[int, int]] = set()
    parts = [(start, end, pair) for start, end, word in words(text) for pair in analyzed(word)]
    judged: dict[tuple[str, str], bool] = {}
    for start, end, pair in parts:
        if pair not in judged:
            judged[pair] = any(_meets(pair, each) for each in wanted) or any(
                pair[1] == stem or pair[0].startswith(exact) for exact, stem in begun
            )
        if judged[pair]:
            found.add((start, end))
    for phrase in terms.phrases:
        found.update(_of_phrase(parts, [exact for word in phrase for exact, _ in analyzed(word)]))
    return tuple(Mark(start, end) for start, end in sorted(found))


def _meets(pair: tuple[str, str], wanted: tuple[str, str]) -> bool:
    return pair[1] == wanted[1] or within(pair[0], wanted[0], mistakes(wanted[0]))


def _of_phrase(parts: list[tuple[int, int, tuple[str, str]]], phrase: list[str]) -> Iterator[tuple[int, int]]:
    for first in range(len(parts) - len(phrase) + 1):
        row = parts[first : first + len(phrase)]
        if [exact for _, _, (exact, _) in row] == phrase:
            yield from ((start, end) for start, end, _ in row)


def within(word: str, other: str, distance: int) -> bool:
    """Say whether at most `distance` letters were added, left out, changed or swapped with the next."""
    if abs(len(word) - len(other)) > distance:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        before, above, row = row, before, [i]
        for j, another in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != another))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == another:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1] <= distance
