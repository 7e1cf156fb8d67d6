"""What a member's profile and posts are. The limits are the contract's: functions/mobile/openapi.yaml."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

# \Z and not $, which in Python also fits before a line end at the end of the text.
Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{3,30}\Z")]
DisplayName: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Biography: TypeAlias = Annotated[str, msgspec.Meta(max_length=500)]
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=5000)]
Tag: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[^\s#,]{1,50}\Z")]
Tags: TypeAlias = Annotated[list[Tag], msgspec.Meta(max_length=10)]
PostId: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
]
Visibility: TypeAlias = Literal["private", "public"]


class NewProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member begins with. `name` is what others mention them by: nobody else's, and it stays."""

    name: Name
    display_name: DisplayName
    biography: Biography = ""


class ProfileChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a profile can be changed; what is left out becomes what it was at first."""

    display_name: DisplayName
    biography: Biography = ""


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member's profile as the member sees it.

    `member_id` is the Cognito `sub`; times are UTC, ISO 8601. After the day `expires_on` all that the
    member has here is removed, unless they come back before. `version` is 1 at first and one more with each
    change.
    """

    member_id: str
    name: Name
    display_name: DisplayName
    biography: Biography
    created_at: str
    updated_at: str
    expires_on: str
    version: int
    image_path: str | None = None


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """What everybody sees of a member."""

    member_id: str
    name: Name
    display_name: DisplayName
    biography: Biography
    image_path: str | None = None


class NewPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member posts. Who is mentioned is in the text: `@name`."""

    text: Text
    tags: Tags = []
    visibility: Visibility = "public"
    in_reply_to: PostId | None = None


class PostChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a post can be changed; what is left out becomes what it is in a fresh post."""

    text: Text
    tags: Tags = []
    visibility: Visibility = "public"


class Post(msgspec.Struct, frozen=True, omit_defaults=True):
    """A post as its readers see it.

    `post_id` is a UUIDv7; `tags` are folded (`rules.folded`), `mentions` are members' names; times are UTC,
    ISO 8601. `version` is 1 at first and one more with each change.
    """

    post_id: str
    author_id: str
    author_name: Name
    text: Text
    tags: list[str]
    mentions: list[str]
    visibility: Visibility
    created_at: str
    updated_at: str
    version: int
    in_reply_to: str | None = None


class PostPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some posts of a list, in its order, and who wrote them, in none; no `next_cursor` at the end."""

    items: list[Post]
    authors: list[Member]
    next_cursor: str | None = None


class Upload(msgspec.Struct, frozen=True, omit_defaults=True):
    """A profile image on its way; `reason` is there when it was refused."""

    upload_id: str
    status: Literal["ACCEPTED", "REFUSED", "WAITING"]
    reason: Literal["BROKEN", "NOT_AN_IMAGE", "NO_PROFILE", "TOO_LARGE", "TOO_SMALL"] | None = None
