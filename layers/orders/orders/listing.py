"""Pages of what an index lists in one partition, for staff to look through."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.items import Item
    from shared.tables import Table


def page(  # noqa: PLR0913 - what a page is of, and which
    table: Table,
    index: str,
    partition: tuple[str, str],
    *,
    place: tuple[str, ...],
    limit: int,
    after: Item | None,
    newest_first: bool = False,
) -> tuple[list[Item], Item | None]:
    """Return up to `limit` items, and the last one's place, or None when there are no more. One Query.

    Parameters
    ----------
    table
        The index's table, or a fake with its `query`.
    index
        Its name.
    partition
        Its partition key's name and value.
    place
        The other keys of an item, in the index and in the table.
    limit
        How many at most.
    after
        The place that the page before told.
    newest_first
        From the greatest sort key down.
    """
    # One more than the page holds: DynamoDB's last key does not tell whether anything follows it.
    found = table.query(
        partition,
        index=index,
        limit=limit + 1,
        newest_first=newest_first,
        after={partition[0]: partition[1], **after} if after else None,
    )
    items = found.items[:limit]
    more = len(found.items) > limit or found.last_key is not None
    return items, {key: items[-1][key] for key in place} if more else None
