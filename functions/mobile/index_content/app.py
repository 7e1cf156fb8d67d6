"""Keeps the search index in step with the posts, from ContentTable's stream."""

from mobile.search import engines
from mobile.search.indexing import bring_in
from shared import config
from shared.streams import Record, each_batch

indexer = engines.indexer(config.read(engines.Settings))


@each_batch
def handler(records: list[Record]) -> None:
    """Bring a batch of changes in at once: a commit costs the same for one and for a hundred."""
    bring_in(records, indexer)
