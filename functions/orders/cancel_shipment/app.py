"""Undoes a step of the order saga: cancels the shipment."""

from typing import Any

import msgspec

from orders.fulfilment import Job, cancel_shipment
from orders.progress import Progress
from orders.sandbox import SandboxCarrier
from shared import config
from shared.observability import observed
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    orders_table: str
    provider_table: str


settings = config.read(Settings)
progress = Progress(Table(settings.orders_table))
carrier = SandboxCarrier(Table(settings.provider_table))


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    """Cancel the shipment of the order in the event."""
    cancel_shipment(msgspec.convert(event, Job), carrier, progress)
