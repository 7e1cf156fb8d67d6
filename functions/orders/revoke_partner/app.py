"""DELETE /staff/partners/{partner_id}, and its door for tools: staff end a partner for good."""

import msgspec

from orders.access import staff_only
from orders.partners import Partners, revoke
from shared import config
from shared.http import Request, Response, api
from shared.metering import Metering
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    partners_table: str


settings = config.read(Settings)
partners = Partners(Table(settings.partners_table))
metering = Metering({})


@api
def handler(request: Request) -> Response:
    """Revoke the partner; revoking twice is revoking once."""
    if request.tool is None:
        staff_only(request.caller)
    revoke(request.path_parameter("partner_id"), partners, metering)
    return Response(204, "", {})
