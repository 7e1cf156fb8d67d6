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
    """Return what a post has to meet, without a score."""
    terms = query.terms
    required = [
        Clause.term_set_query(SCHEMA, AUDIENCE, [PUBLIC, query.member]),
        *(Clause.term_query(SCHEMA, TAGS, tag) for tag in query.tags),
        _created(query.since, min(query.as_of + 1, query.until or query.as_of + 1)),
        *(_word(*pair) for word in terms.words for pair in analyzed(word)),
        *(_prefix(*pair) for word in terms.prefixes for pair in analyzed(word)),
        *(_phrase(phrase) for phrase in terms.phrases),
    ]
    excluded = [_stem(stem) for word in terms.excluded for _, stem in analyzed(word)]
    return Clause.const_score_query(
        Clause.boolean_query(
            [*((Occur.Must, each) for each in required), *((Occur.MustNot, each) for each in excluded)]
        ),
        0.0,
    )


def ranked(query: Query) -> Clause:
    """Return the same, with the score that a post's text earns, times what its age does.

    What is costly to find, near words above all, is looked for once and not for every age.
    """
    earned = [
        *(_stem(stem) for word in _wanted(query.terms) for _, stem in analyzed(word)),
        *(_phrase(phrase) for phrase in query.terms.phrases),
    ]
    by_age = [
        Clause.boost_query(
            Clause.boolean_query(
                [
                    (Occur.Must, Clause.const_score_query(_created(start, end), NEAR)),
                    *((Occur.Should, each) for each in earned),
                ]
            ),
            factor,
        )
        for start, end, factor in ages(query.as_of)
    ]
    return Clause.boolean_query([(Occur.Must, matching(query)), *((Occur.Should, each) for each in by_age)])


def _wanted(terms: Terms) -> tuple[str, ...]:
    return (*terms.words, *terms.prefixes)


def _stem(stem: str) -> Clause:
    return Clause.term_query(SCHEMA, STEM, stem)


def _word(exact: str, stem: str) -> Clause:
    near = Clause.fuzzy_term_query(SCHEMA, EXACT, exact, distance=mistakes(exact))
    return Clause.boolean_query([(Occur.Should, _stem(stem)), (Occur.Should, near)])


def _prefix(exact: str, stem: str) -> Clause:
    near = Clause.regex_query(SCHEMA, EXACT, f"{re.escape(exact)}.*")
    return Clause.boolean_query([(Occur.Should, _stem(stem)), (Occur.Should, near)])


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
