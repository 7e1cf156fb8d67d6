"""Undoes a step of the order saga: gives the money back."""

from typing import Any

import msgspec

from orders.fulfilment import Job, refund_payment
from orders.progress import Progress
from orders.sandbox import SandboxPayments
from orders.sandbox_keys import Account, SandboxKeys
from shared import config
from shared.observability import observed
from shared.secrets import Secret
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables; without a `provider_key` the provider asks for none."""

    orders_table: str
    provider_table: str
    provider_key: str = ""
    provider_keys_table: str = ""


settings = config.read(Settings)
progress = Progress(Table(settings.orders_table))
account = (
    Account(Secret(settings.provider_key), SandboxKeys(Table(settings.provider_keys_table)))
    if settings.provider_key
    else None
)
payments = SandboxPayments(Table(settings.provider_table), account)


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    """Refund the payment of the order in the event."""
    refund_payment(msgspec.convert(event, Job), payments, progress)
