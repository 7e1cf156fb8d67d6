"""Which engine it is: OpenSearch where its address is given, else the embedded one on a bucket.

Each is imported only where it is used, so that a function carries the layer of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mobile.search.ports import Finder, Indexer


class Settings(msgspec.Struct, frozen=True):
    """The environment variables that say it."""

    index_bucket: str = ""
    opensearch_endpoint: str = ""
    refresh_seconds: float = 2.0
    grace_seconds: int = 600


def finder(settings: Settings) -> Finder:
    """Return what answers searches."""
    if settings.opensearch_endpoint:
        from mobile.search.opensearch.connection import connected  # noqa: PLC0415
        from mobile.search.opensearch.index import Finder  # noqa: PLC0415

        return Finder(connected(settings.opensearch_endpoint))
    from mobile.search.embedded.index import Reader  # noqa: PLC0415
    from shared.tagged import TaggedBucket  # noqa: PLC0415

    return Reader(TaggedBucket(settings.index_bucket), settings.refresh_seconds)


def indexer(settings: Settings) -> Indexer:
    """Return what keeps the index in step."""
    if settings.opensearch_endpoint:
        from mobile.search.opensearch.connection import connected  # noqa: PLC0415
        from mobile.search.opensearch.index import Indexer  # noqa: PLC0415

        return Indexer(connected(settings.opensearch_endpoint))
    from mobile.search.embedded.index import Writer  # noqa: PLC0415
    from shared.tagged import TaggedBucket  # noqa: PLC0415

    return Writer(TaggedBucket(settings.index_bucket), grace=settings.grace_seconds * 1000)
