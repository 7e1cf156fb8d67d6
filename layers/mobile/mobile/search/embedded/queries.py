"""Queries as tantivy takes them; `mobile.search.opensearch` has the same for OpenSearch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tantivy import FieldType, Occur
from tantivy import Query as Clause

from mobile.search.embedded.schema import AUDIENCE, CREATED, EXACT, PUBLIC, SCHEMA, STEM, TAGS, analyzed
from mobile.search.ranking import NEAR, ages, mistakes

if TYPE_CHECKING:
    from mobile.search.models import Query, Terms


def matching(query: Query) -> Clause:
    """Return what a post has to meet, with the score that its text earns."""
    filters = [
        Clause.term_set_query(SCHEMA, AUDIENCE, [PUBLIC, query.member]),
        *(Clause.term_query(SCHEMA, TAGS, tag) for tag in query.tags),
        _created(query.since, min(query.as_of + 1, query.until or query.as_of + 1)),
    ]
    return Clause.boolean_query([*_text(query.terms), *((Occur.Must, _silent(each)) for each in filters)])


def ranked(query: Query) -> Clause:
    """Return the same, with a score that counts a post's age too."""
    text = matching(query)
    return Clause.boolean_query(
        [
            (
                Occur.Should,
                Clause.boost_query(
                    Clause.boolean_query([(Occur.Must, text), (Occur.Must, _silent(_created(start, end)))]),
                    factor,
                ),
            )
            for start, end, factor in ages(query.as_of)
        ]
    )


def _text(terms: Terms) -> list[tuple[Occur, Clause]]:
    parts = [(Occur.Must, _word(*pair)) for word in terms.words for pair in analyzed(word)]
    parts += [(Occur.Must, _prefix(*pair)) for word in terms.prefixes for pair in analyzed(word)]
    parts += [(Occur.Must, _phrase(phrase)) for phrase in terms.phrases]
    parts += [
        (Occur.MustNot, Clause.term_query(SCHEMA, STEM, stem))
        for word in terms.excluded
        for _, stem in analyzed(word)
    ]
    return parts


def _word(exact: str, stem: str) -> Clause:
    near = Clause.fuzzy_term_query(SCHEMA, EXACT, exact, distance=mistakes(exact))
    return _either(Clause.term_query(SCHEMA, STEM, stem), near)


def _prefix(exact: str, stem: str) -> Clause:
    near = Clause.regex_query(SCHEMA, EXACT, f"{re.escape(exact)}.*")
    return _either(Clause.term_query(SCHEMA, STEM, stem), near)


def _either(whole: Clause, near: Clause) -> Clause:
    return Clause.boolean_query([(Occur.Should, whole), (Occur.Should, Clause.const_score_query(near, NEAR))])


def _phrase(phrase: tuple[str, ...]) -> Clause:
    parts = [exact for word in phrase for exact, _ in analyzed(word)]
    if len(parts) == 1:
        return Clause.term_query(SCHEMA, EXACT, parts[0])
    return Clause.phrase_query(SCHEMA, EXACT, list(parts))


def _created(start: int | None, end: int) -> Clause:
    """Return what is created at `start` or later, and before `end`, in epoch milliseconds."""
    return Clause.range_query(
        SCHEMA, CREATED, FieldType.Unsigned, lower_bound=start or 0, upper_bound=end, include_upper=False
    )


def _silent(clause: Clause) -> Clause:
    """Return a clause that is required and adds nothing to the score."""
    return Clause.const_score_query(clause, 0.0)
