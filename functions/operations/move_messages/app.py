"""A round of a redrive: moves a dead-letter queue's messages back, as many as its time allows."""

from typing import Any

import msgspec

from operations.queues import Queues
from operations.redrives import Job, Redrives, one_round
from shared import config
from shared.aws import PatientClients
from shared.observability import observed
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    queues: str
    redrives_table: str


settings = config.read(Settings)
clients = PatientClients()
queues = Queues(msgspec.json.decode(settings.queues, type=dict[str, str]), clients)
redrives = Redrives(Table(settings.redrives_table))


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, bool]:  # noqa: ARG001 - Lambda passes both
    """Tell the state machine whether there may be more to move."""
    job = msgspec.convert(event, Job)
    return {"more": one_round(clients, queues.url(job.queue), redrives, job)}
