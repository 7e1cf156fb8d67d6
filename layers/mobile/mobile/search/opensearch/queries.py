"""Queries as OpenSearch takes them; `mobile.search.embedded.queries` has the same for tantivy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from mobile.search.models import FACETS, Mark
from mobile.search.opensearch.mapping import PUBLIC
from mobile.search.ranking import NEAR, ages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mobile.search.models import Query

Clause: TypeAlias = dict[str, Any]

BM25 = 2.2
"""k1 + 1: Lucene leaves this factor out of BM25, and what is near has a constant to be measured by."""
START, END = "\ue000", "\ue001"
"""What marks are told by: for private use, so texts have no business with them."""


def body(query: Query) -> Clause:
    """Return the whole search: page, total, facets and marks."""
    text = _matching(query)
    return {
        "query": _with_age(text, query.as_of) if query.terms.ranked else text,
        "sort": ["_score" if query.terms.ranked else {"created": "desc"}, {"post_id": "desc"}],
        "from": query.skip,
        "size": query.limit,
        "track_total_hits": True,
        "aggs": {
            "tags": {
                "terms": {"field": "tags", "size": FACETS, "order": [{"_count": "desc"}, {"_key": "asc"}]}
            }
        },
        "highlight": {
            "number_of_fragments": 0,
            "pre_tags": [START],
            "post_tags": [END],
            "fields": {"text": {}, "text.stem": {}},
        },
    }


def marks(highlights: Iterable[str]) -> tuple[Mark, ...]:
    """Return what is marked in copies of one text."""
    found = set()
    for highlighted in highlights:
        place = start = 0
        for character in highlighted:
            if character == START:
                start = place
            elif character == END:
                found.add(Mark(start, place))
            else:
                place += 1
    return tuple(sorted(found, key=lambda mark: mark.start))


def _matching(query: Query) -> Clause:
    terms = query.terms
    created = {"gte": query.since or 0, "lt": min(query.as_of + 1, query.until or query.as_of + 1)}
    phrases = [
        {"match_phrase": {"text": {"query": " ".join(phrase), "boost": BM25}}} for phrase in terms.phrases
    ]
    earned = [_stem(word) for word in (*terms.words, *terms.prefixes)] + phrases
    return {
        "bool": {
            "must": {"match_all": {"boost": NEAR}},
            "should": earned,
            "must_not": [_stem(word) for word in terms.excluded],
            "filter": [
                {"terms": {"audience": [PUBLIC, query.member]}},
                *({"term": {"tags": tag}} for tag in query.tags),
                {"range": {"created": created}},
                *(_either(word, {"match": {"text": _near(word)}}) for word in terms.words),
                *(
                    _either(word, {"match_bool_prefix": {"text": {"query": word, "operator": "and"}}})
                    for word in terms.prefixes
                ),
                *phrases,
            ],
        }
    }


def _with_age(text: Clause, as_of: int) -> Clause:
    functions = [
        {"filter": {"range": {"created": {"gte": start or 0, "lt": end}}}, "weight": factor}
        for start, end, factor in ages(as_of)
    ]
    return {
        "function_score": {
            "query": text,
            "functions": functions,
            "score_mode": "first",
            "boost_mode": "multiply",
        }
    }


def _stem(word: str) -> Clause:
    return {"match": {"text.stem": {"query": word, "operator": "and", "boost": BM25}}}


def _near(word: str) -> Clause:
    # The lengths are those of `ranking.mistakes`.
    return {"query": word, "operator": "and", "fuzziness": "AUTO:4,8", "fuzzy_rewrite": "constant_score"}


def _either(word: str, near: Clause) -> Clause:
    return {"bool": {"should": [_stem(word), near]}}
