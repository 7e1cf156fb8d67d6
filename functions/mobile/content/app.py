"""Profiles and posts: every operation of the contract that reads or writes members' content."""

from typing import Annotated

import msgspec

from mobile.operations import Content
from mobile.posts import Posts
from mobile.profiles import Profiles
from mobile.uploads import Uploads
from shared import accelerated, config
from shared.http import Request, Response, api
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables; `member_life_days` is how long who does nothing is remembered.

    Without a `dax_endpoint` there is no cluster before the content table.
    """

    claims_table: str
    content_table: str
    cursor_key: Annotated[str, msgspec.Meta(min_length=16)]
    member_life_days: Annotated[int, msgspec.Meta(ge=1)]
    dax_endpoint: str = ""


settings = config.read(Settings)
table = accelerated.table(settings.content_table, settings.dax_endpoint)
content = Content(
    Profiles(table, settings.member_life_days),
    Uploads(table),
    Posts(table),
    Table(settings.claims_table),
    settings.cursor_key,
)
routes = content.routes


@api
def handler(request: Request) -> Response:
    """Answer by the operation that is asked for: API Gateway sends what the contract has, nothing else."""
    return routes[request.route](request)
