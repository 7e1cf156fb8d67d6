"""Starts the saga of each order that was placed, from OrdersTable's stream."""

import msgspec

from orders.outbox import job_of
from shared import config
from shared.streams import Record, each_record
from shared.workflows import Workflow


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    state_machine: str


settings = config.read(Settings)
saga = Workflow(settings.state_machine)


@each_record
def handler(record: Record) -> None:
    """Start the saga of one order, under the order's id: an order never has two."""
    job = job_of(record)
    saga.start(job.order_id, job)
