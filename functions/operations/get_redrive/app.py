"""GET /queues/{queue_name}/redrive: how far the last redrive of a queue is."""

import msgspec

from operations.access import staff_only
from operations.queues import known_only
from operations.redrives import Redrives
from shared import config
from shared.http import Request, Response, api, json_response
from shared.tables import Table

SECONDS_TO_ASK_AGAIN = "1"


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    queues: str
    redrives_table: str


settings = config.read(Settings)
arns = msgspec.json.decode(settings.queues, type=dict[str, str])
redrives = Redrives(Table(settings.redrives_table))


@api
def handler(request: Request) -> Response:
    """Answer with it, and while it runs with when asking again is worth it."""
    staff_only(request.caller)
    redrive = redrives.get(known_only(arns, request.path_parameter("queue_name")))
    asking_again = {"Retry-After": SECONDS_TO_ASK_AGAIN} if redrive.status == "RUNNING" else {}
    return json_response(200, redrive, {"Cache-Control": "no-store", **asking_again})
