"""What the index holds of each post, and how its text is taken apart.

tantivy's Python API gives a document back by what is stored only: `source` has it whole.
"""

from __future__ import annotations

import functools
import uuid
from typing import Any

import msgspec
import tantivy

from mobile.search.models import Change, Post
from mobile.search.times import milliseconds

FORMAT = "1"
"""Of schema, analyzers and files. An index of another format is kept beside this, and has to be built."""

PUBLIC = "public"

STEM, EXACT, ID, TAGS, AUDIENCE = "stem", "exact", "id", "tags", "audience"
CREATED, APPLIED, REMOVED, ID_HIGH, ID_LOW, SOURCE = (
    "created",
    "applied",
    "removed",
    "id_high",
    "id_low",
    "source",
)


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A change as the index keeps it, `applied` in epoch milliseconds. A removal stays for a while as one."""

    post_id: str
    order: int
    applied: int
    post: Post | None

    @classmethod
    def of(cls, change: Change, applied: int) -> Entry:
        """Return the entry that a change makes."""
        return cls(change.post_id, change.order, applied, change.post)


_decoder = msgspec.json.Decoder(Entry)


def _build() -> tantivy.Schema:
    fields = tantivy.SchemaBuilder()
    fields.add_text_field(ID, tokenizer_name="raw", index_option="basic")
    fields.add_text_field(STEM, tokenizer_name="stem", index_option="freq")
    fields.add_text_field(EXACT, tokenizer_name="exact", index_option="position")
    fields.add_text_field(TAGS, tokenizer_name="raw", index_option="basic", fast=True)
    fields.add_text_field(AUDIENCE, tokenizer_name="raw", index_option="basic")
    for name in (CREATED, APPLIED, REMOVED):
        fields.add_unsigned_field(name, indexed=True, fast=True)
    for name in (ID_HIGH, ID_LOW):
        fields.add_unsigned_field(name, fast=True)
    fields.add_bytes_field(SOURCE, stored=True, indexed=False)
    return fields.build()


def _analyzer(*filters: tantivy.Filter) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for each in (tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold(), *filters):
        builder = builder.filter(each)
    return builder.build()


SCHEMA = _build()
_EXACT = _analyzer()
_STEM = _analyzer(tantivy.Filter.stemmer("english"))


@functools.lru_cache(maxsize=20_000)
def analyzed(word: str) -> tuple[tuple[str, str], ...]:
    """Return what a word becomes in the index, folded and stemmed: mostly one pair, of some scripts more."""
    return tuple(zip(_EXACT.analyze(word), _STEM.analyze(word), strict=True))


def opened(folder: str) -> tantivy.Index:
    """Open the index in a folder, or make an empty one."""
    index = tantivy.Index(SCHEMA, path=folder)
    index.register_tokenizer("exact", _EXACT)
    index.register_tokenizer("stem", _STEM)
    return index


def document(entry: Entry) -> tantivy.Document:
    """Return what the index holds of an entry. A removal has no audience, so nobody finds it."""
    fields: dict[str, object] = {
        ID: entry.post_id,
        APPLIED: entry.applied,
        SOURCE: msgspec.json.encode(entry),
    }
    if entry.post is None:
        fields[REMOVED] = entry.applied
    else:
        post, number = entry.post, uuid.UUID(entry.post_id).int
        fields |= {
            STEM: post.text,
            EXACT: post.text,
            TAGS: list(post.tags),
            AUDIENCE: PUBLIC if post.visibility == "public" else post.author_id,
            CREATED: milliseconds(post.created_at),
            ID_HIGH: number >> 64,
            ID_LOW: number & (1 << 64) - 1,
        }
    return tantivy.Document.from_dict(fields, SCHEMA)


def entry_of(found: tantivy.Document) -> Entry:
    """Return the entry that a document was made of."""
    source: Any = found.get_first(SOURCE)
    return _decoder.decode(source)
