"""What an OpenSearch index holds of each post, and how its text is taken apart: as tantivy does it."""

from __future__ import annotations

from typing import Any

import msgspec

from mobile.search.models import Change, Post
from mobile.search.times import milliseconds

PUBLIC = "public"

_NOT_SEARCHED = {"type": "keyword", "index": False, "doc_values": False}

TEMPLATE: dict[str, Any] = {
    "index_patterns": ["posts-*"],
    "template": {
        "settings": {
            # One shard, because scores and facets are then exact, and 50 GB are far away.
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            # Said, so that an index nobody has searched for a while is refreshed too.
            "refresh_interval": "1s",
            "analysis": {
                "tokenizer": {"words": {"type": "pattern", "pattern": r"[^\p{IsAlphabetic}\p{N}]+"}},
                "filter": {"porter2": {"type": "stemmer", "language": "porter2"}},
                "analyzer": {
                    "exact": {
                        "type": "custom",
                        "tokenizer": "words",
                        "filter": ["lowercase", "asciifolding"],
                    },
                    "stem": {
                        "type": "custom",
                        "tokenizer": "words",
                        "filter": ["lowercase", "asciifolding", "porter2"],
                    },
                },
            },
        },
        "mappings": {
            "dynamic": "strict",
            "properties": {
                "post_id": {"type": "keyword"},
                "author_id": _NOT_SEARCHED,
                "author_name": _NOT_SEARCHED,
                "text": {
                    "type": "text",
                    "analyzer": "exact",
                    "fields": {"stem": {"type": "text", "analyzer": "stem", "index_options": "freqs"}},
                },
                "tags": {"type": "keyword"},
                "visibility": _NOT_SEARCHED,
                "created_at": _NOT_SEARCHED,
                "audience": {"type": "keyword"},
                "created": {"type": "date", "format": "epoch_millis"},
                "applied": {"type": "date", "format": "epoch_millis"},
                "removed": {"type": "date", "format": "epoch_millis"},
            },
        },
    },
}


def document(change: Change, applied: int) -> dict[str, Any]:
    """Return what the index holds of a change. A removal has no audience, so nobody finds it."""
    if change.post is None:
        return {"post_id": change.post_id, "applied": applied, "removed": applied}
    post = change.post
    return {
        **msgspec.to_builtins(post),
        "audience": PUBLIC if post.visibility == "public" else post.author_id,
        "created": milliseconds(post.created_at),
        "applied": applied,
    }


def post_of(source: dict[str, Any]) -> Post:
    """Return the post that a document was made of."""
    return msgspec.convert(source, Post)
