"""The operations of the function `content`: a request in, an answer out.

The Lens's mobile backend has one function for reading and writing content. Each method here is one operation
of functions/mobile/openapi.yaml; what is decided is in the modules beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from mobile import posting
from mobile.models import NewPost, NewProfile, PostChange, PostPage, ProfileChange, Visibility
from mobile.posts import FEED
from mobile.profiles import MemberNotFound, is_member_id
from shared.cursors import Cursors
from shared.http import (
    Response,
    VersionTag,
    current_response,
    expected_version,
    json_response,
    version_tag,
)
from shared.idempotency import IdempotencyKey
from shared.problems import Forbidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from mobile.models import Post, Profile
    from mobile.posts import Posts
    from mobile.profiles import Profiles
    from mobile.uploads import Uploads
    from shared.http import Request
    from shared.tables import Table


class CreateHeaders(msgspec.Struct, frozen=True):
    """The headers of an operation that makes something."""

    idempotency_key: IdempotencyKey


class ReadHeaders(msgspec.Struct, frozen=True):
    """The headers of an operation that reads something that has versions."""

    if_none_match: Annotated[str, msgspec.Meta(max_length=1024)] = ""


class ChangeHeaders(msgspec.Struct, frozen=True):
    """The headers of an operation that changes something that has versions."""

    if_match: VersionTag


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query parameters of a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class AuthorQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """The query parameters of an author's list."""

    visibility: Visibility = "public"


class NotYours(Forbidden):
    """Somebody else's private posts were asked for."""

    def __init__(self) -> None:
        super().__init__("Private posts are their author's alone.")


class Content:
    """What members keep and read.

    Parameters
    ----------
    profiles, uploads, posts
        Where they are kept.
    claims
        Where idempotency keys are remembered.
    cursor_key
        What cursors are signed with.
    """

    def __init__(
        self, profiles: Profiles, uploads: Uploads, posts: Posts, claims: Table, cursor_key: str
    ) -> None:
        self._profiles = profiles
        self._uploads = uploads
        self._posts = posts
        self._claims = claims
        self._feed = Cursors(cursor_key, "listPosts")
        self._replies = Cursors(cursor_key, "listReplies")
        self._author = Cursors(cursor_key, "listMemberPosts")

    @property
    def routes(self) -> dict[str, Callable[[Request], Response]]:
        """Every operation, by its method and path in the contract."""
        return {
            "POST /profile": self.create_profile,
            "GET /profile": self.get_profile,
            "PUT /profile": self.change_profile,
            "POST /profile/images": self.begin_image,
            "GET /profile/images/{upload_id}": self.get_image,
            "GET /members/{member_id}": self.get_member,
            "GET /members/{member_id}/posts": self.list_member_posts,
            "GET /names/{name}": self.find_member,
            "POST /posts": self.create_post,
            "GET /posts": self.list_posts,
            "GET /posts/{post_id}": self.get_post,
            "PUT /posts/{post_id}": self.change_post,
            "DELETE /posts/{post_id}": self.delete_post,
            "GET /posts/{post_id}/replies": self.list_replies,
        }

    def create_profile(self, request: Request) -> Response:
        """Make the member's profile."""
        return _versioned(201, self._profiles.create(request.caller.id, request.json(NewProfile)))

    def get_profile(self, request: Request) -> Response:
        """Read the member's own profile."""
        profile = self._profiles.own(request.caller.id)
        return current_response(profile, request.headers(ReadHeaders).if_none_match, version=profile.version)

    def change_profile(self, request: Request) -> Response:
        """Change the member's own profile."""
        version = expected_version(request.headers(ChangeHeaders).if_match)
        change = request.json(ProfileChange)
        return _versioned(200, self._profiles.change(request.caller.id, version, change))

    def begin_image(self, request: Request) -> Response:
        """Begin the upload of a profile image."""
        self._profiles.name_of(request.caller.id)
        upload = self._uploads.begin(request.caller.id)
        return json_response(201, upload, {"Location": f"images/{upload.upload_id}"})

    def get_image(self, request: Request) -> Response:
        """Follow the upload of a profile image."""
        return json_response(200, self._uploads.get(request.caller.id, request.path_parameter("upload_id")))

    def get_member(self, request: Request) -> Response:
        """Read what everybody sees of a member."""
        member = self._profiles.member(request.path_parameter("member_id"))
        return current_response(member, request.headers(ReadHeaders).if_none_match)

    def find_member(self, request: Request) -> Response:
        """Read what everybody sees of the member with a name."""
        member = self._profiles.named(request.path_parameter("name"))
        return current_response(member, request.headers(ReadHeaders).if_none_match)

    def list_member_posts(self, request: Request) -> Response:
        """List an author's posts, newest first: the private ones to the author alone."""
        author, query = request.path_parameter("member_id"), request.query(AuthorQuery)
        if not is_member_id(author):
            raise MemberNotFound
        if query.visibility == "private" and author != request.caller.id:
            raise NotYours
        after = _after(self._author, request, query)
        found = self._posts.by_author(author, query.visibility, query.limit, after)
        return self._page(self._author, request, found)

    def create_post(self, request: Request) -> Response:
        """Post, once for each Idempotency-Key."""
        key, new = request.headers(CreateHeaders).idempotency_key, request.json(NewPost)
        member = request.caller.id
        author = (member, self._profiles.name_of(member))
        post = posting.post_once(author, key, new, self._posts, self._claims)
        return _versioned(201, post, {"Location": f"posts/{post.post_id}"})

    def list_posts(self, request: Request) -> Response:
        """List everybody's public posts, newest first, without the replies."""
        query = request.query(PageQuery)
        after = _after(self._feed, request, query)
        return self._page(self._feed, request, self._posts.listed(FEED, query.limit, after))

    def get_post(self, request: Request) -> Response:
        """Read one post."""
        post = self._posts.get(request.caller.id, request.path_parameter("post_id"))
        return current_response(post, request.headers(ReadHeaders).if_none_match, version=post.version)

    def change_post(self, request: Request) -> Response:
        """Change one post of the member's own."""
        version = expected_version(request.headers(ChangeHeaders).if_match)
        post_id, change = request.path_parameter("post_id"), request.json(PostChange)
        return _versioned(200, self._posts.change(request.caller.id, post_id, version, change))

    def delete_post(self, request: Request) -> Response:
        """Delete one post of the member's own."""
        posting.remove(request.caller.id, request.path_parameter("post_id"), self._posts, self._claims)
        return Response(204, "", {})

    def list_replies(self, request: Request) -> Response:
        """List the public replies to a post, oldest first."""
        query = request.query(PageQuery)
        after = _after(self._replies, request, query)
        found = self._posts.listed(request.path_parameter("post_id"), query.limit, after, newest_first=False)
        return self._page(self._replies, request, found)

    def _page(self, cursors: Cursors, request: Request, found: tuple[list[Post], str | None]) -> Response:
        """Answer a page of a list with who wrote it, so that nobody has to ask for each author."""
        posts, last = found
        authors = self._profiles.members(post.author_id for post in posts)
        following = cursors.issue(request.caller.id, {"post_id": last}) if last else None
        return json_response(200, PostPage(posts, authors, following))


def _versioned(status: int, thing: Post | Profile, headers: dict[str, str] | None = None) -> Response:
    return json_response(status, thing, {"ETag": version_tag(thing.version), **(headers or {})})


def _after(cursors: Cursors, request: Request, query: PageQuery) -> str | None:
    """Return the post's id that a cursor stands for."""
    return None if query.cursor is None else str(cursors.read(request.caller.id, query.cursor)["post_id"])
