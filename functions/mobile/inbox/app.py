"""What members were told, read and unread, and how they want to be told."""

from typing import Annotated

import msgspec

from mobile.notifications.inbox import Inbox
from mobile.notifications.operations import Notifications
from shared import config
from shared.http import Request, Response, api
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables; `inbox_days` is how long a notification is kept."""

    cursor_key: Annotated[str, msgspec.Meta(min_length=16)]
    inbox_days: Annotated[int, msgspec.Meta(ge=1)]
    notifications_table: str


settings = config.read(Settings)
table = Table(settings.notifications_table)
routes = Notifications(Inbox(table, settings.inbox_days), table, settings.cursor_key).routes


@api
def handler(request: Request) -> Response:
    """Answer by the operation that is asked for: API Gateway sends what the contract has, nothing else."""
    return routes[request.route](request)
