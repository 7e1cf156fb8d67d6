"""PUT /partner: the developer portal; registers the member's application, or changes what is registered."""

from typing import Annotated

import msgspec

from orders.partners import Partners, Registration, register
from shared import config
from shared.http import Request, Response, api, json_response
from shared.metering import Metering
from shared.sealing import seal
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables; without a contact key, contacts are not kept."""

    partners_table: str
    trial_plan: str
    standard_plan: str
    contact_key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]{43}=\Z")] | None = None


settings = config.read(Settings)
partners = Partners(Table(settings.partners_table))
metering = Metering({"trial": settings.trial_plan, "standard": settings.standard_plan})


def sealed(partner_id: str, contact: str) -> str:
    """Return what is kept of a contact."""
    return seal(settings.contact_key, partner_id, contact) if settings.contact_key else ""


@api
def handler(request: Request) -> Response:
    """Make the record say what the body says; 201 when there was none."""
    partner, fresh = register(request.caller, request.json(Registration), partners, metering, sealed)
    return json_response(201 if fresh else 200, partner)
