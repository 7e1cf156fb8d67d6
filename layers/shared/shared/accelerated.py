"""A table with a DAX cluster before it, for the reads that may be late.

DAX keeps what an eventually consistent read answered for the cluster's time to live. Only those go to it:

- A strongly consistent read would pass through it to DynamoDB; it goes there at once.
- A write goes to DynamoDB too, since DAX cannot answer a refused one with the item that is there. So the
  cluster does not hear of it, and what it keeps is late by its time to live at most ("write-around").
- Where the cluster does not answer, DynamoDB does: a cache that is away makes reads slower, not wrong.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.consistency.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

import botocore.session
from botocore.config import Config

from shared.observability import logger
from shared.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.client import DynamoDBClient

    from shared.items import Item, Page

AnswerT = TypeVar("AnswerT")

AWAY_SECONDS = 5.0
"""For how long a cluster that did not answer is not asked again."""
# A cluster answers within a millisecond or two; DynamoDB is there for who does not want to wait for it.
_CONFIG = Config(connect_timeout=1, read_timeout=1, retries={"max_attempts": 0})


def connect(endpoint: str) -> DynamoDBClient:
    """Return a client of a cluster; it speaks as DynamoDB's does.

    Parameters
    ----------
    endpoint
        The cluster's discovery endpoint: `daxs://...`, or `dax://...` without TLS.
    """
    from amazondax import AmazonDaxClient  # noqa: PLC0415 - in a layer that is there with a cluster alone

    session = botocore.session.get_session()
    return cast("DynamoDBClient", AmazonDaxClient(session, endpoint_url=endpoint, config=_CONFIG))


def table(name: str, endpoint: str) -> Table:
    """Return a table: with the cluster of this endpoint before it, or without one where there is none."""
    return Accelerated(name, lambda: connect(endpoint)) if endpoint else Table(name)


class Accelerated(Table):
    """A table whose eventually consistent reads a cluster answers.

    Parameters
    ----------
    name
        The table's name.
    cluster
        Makes the client of the cluster; it is called when the first such read comes.
    dynamodb
        DynamoDB's client; the environment's own when left out.
    clock
        Seconds that only go forward.
    """

    def __init__(
        self,
        name: str,
        cluster: Callable[[], DynamoDBClient],
        dynamodb: DynamoDBClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name, dynamodb)
        self._cluster = cluster
        self._clock = clock
        self._cache: Table | None = None
        self._away_until = 0.0

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        """Return the item with this whole primary key, or None; from the cluster unless `consistent`."""
        if consistent:
            return super().get(key, consistent=True)
        return self._late(lambda cache: cache.get(key), lambda: super(Accelerated, self).get(key))

    def query(self, partition: tuple[str, str], *, consistent: bool = False, **asked: Any) -> Page:
        """Return items of one partition, as `Table.query` does; from the cluster unless `consistent`."""
        if consistent:
            return super().query(partition, consistent=True, **asked)
        return self._late(
            lambda cache: cache.query(partition, **asked),
            lambda: super(Accelerated, self).query(partition, **asked),
        )

    def _late(self, from_cluster: Callable[[Table], AnswerT], itself: Callable[[], AnswerT]) -> AnswerT:
        if self._clock() >= self._away_until:
            try:
                if self._cache is None:
                    self._cache = Table(self.name, self._cluster())
                return from_cluster(self._cache)
            except Exception as error:  # noqa: BLE001 - whatever a cache's client raises, the table itself answers
                logger.warning("dax did not answer", extra={"reason": type(error).__name__})
                self._away_until = self._clock() + AWAY_SECONDS
        return itself()
