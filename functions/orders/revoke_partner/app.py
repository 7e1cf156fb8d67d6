"""DELETE /partners/{partner_id}: a staff tool, signed with AWS credentials, ends a partner for good."""

import msgspec

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
    revoke(request.path_parameter("partner_id"), partners, metering)
    return Response(204, "", {})
