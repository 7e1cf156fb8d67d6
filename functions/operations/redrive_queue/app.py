"""POST /queues/{queue_name}/redrive: has a queue's messages moved back, and answers where to follow that."""

import msgspec

from operations.access import staff_only
from operations.queues import known_only
from operations.redrives import Redrives
from shared import config
from shared.http import Request, Response, api, json_response
from shared.tables import Table
from shared.workflows import Workflow


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    queues: str
    redrives_table: str
    state_machine: str


settings = config.read(Settings)
arns = msgspec.json.decode(settings.queues, type=dict[str, str])
redrives, workflow = Redrives(Table(settings.redrives_table)), Workflow(settings.state_machine)


@api
def handler(request: Request) -> Response:
    """Begin a redrive, or answer with the one that is under way."""
    by = staff_only(request.caller)
    queue = known_only(arns, request.path_parameter("queue_name"))
    return json_response(
        202, redrives.begin(queue, by, workflow), {"Location": "redrive", "Retry-After": "1"}
    )
