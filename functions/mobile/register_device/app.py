"""The devices that members are told on: list, register or renew, remove."""

from typing import Annotated

import msgspec

from mobile.notifications.devices import Devices
from mobile.notifications.operations import OwnDevices
from shared import config
from shared.http import Request, Response, api
from shared.push import Push
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables; the applications are ARNs of SNS, empty without credentials."""

    member_life_days: Annotated[int, msgspec.Meta(ge=1)]
    notifications_table: str
    apns_application: str = ""
    fcm_application: str = ""


settings = config.read(Settings)
push = Push({"APNS": settings.apns_application, "FCM": settings.fcm_application})
routes = OwnDevices(Devices(Table(settings.notifications_table), push, settings.member_life_days)).routes


@api
def handler(request: Request) -> Response:
    """Answer by the operation that is asked for: API Gateway sends what the contract has, nothing else."""
    return routes[request.route](request)
