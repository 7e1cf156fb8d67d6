"""POST /archive/function/posts: checks posts, and sends those on that are to be archived."""

import msgspec

from shared import config
from shared.http import Request, Response, api, json_response
from stream.archive import Archive, Posts, Taken


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    delivery_stream: str


settings = config.read(Settings)
archive = Archive(settings.delivery_stream)


@api
def handler(request: Request) -> Response:
    """Archive the posts in the body: all, or all but those that the answer names."""
    posts = request.json(Posts).posts
    archive.keep(posts)
    return json_response(202, Taken(len(posts), request.id))
