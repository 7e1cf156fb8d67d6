"""A step of the order saga: holds what the order asks for."""

from typing import Any

import msgspec

from orders.fulfilment import Job, reserve_stock
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
def handler(event: dict[str, Any], context: Any) -> Any:  # noqa: ARG001 - Lambda passes both
    """Reserve the stock of the order in the event, and tell what came of it."""
    return msgspec.to_builtins(reserve_stock(msgspec.convert(event, Job), stock))
