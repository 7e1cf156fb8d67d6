"""GET /queues: every dead-letter queue as it is now."""

import msgspec

from operations.access import staff_only
from operations.queues import Queue, Queues
from operations.redrives import Redrives
from shared import config
from shared.aws import Clients
from shared.http import Request, Response, api, json_response
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    queues: str
    redrives_table: str


class QueueList(msgspec.Struct, frozen=True):
    """The answer's body."""

    items: list[Queue]


settings = config.read(Settings)
queues = Queues(msgspec.json.decode(settings.queues, type=dict[str, str]), Clients())
redrives = Redrives(Table(settings.redrives_table))


@api
def handler(request: Request) -> Response:
    """Answer with all of them, and the last redrive of each."""
    staff_only(request.caller)
    return json_response(200, QueueList(queues.look(redrives.all())), {"Cache-Control": "no-store"})
