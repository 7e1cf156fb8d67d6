"""Undoes a step of the order saga: gives the stock back."""

from typing import Any

import msgspec

from orders.fulfilment import Job, release_stock
from orders.stock import Stock
from shared import config
from shared.observability import observed
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    orders_table: str
    stock_table: str


settings = config.read(Settings)
stock = Stock(Table(settings.stock_table), Table(settings.orders_table))


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    """Release what is reserved for the order in the event."""
    release_stock(msgspec.convert(event, Job), stock)
