"""What members are told, and how they want to be. The limits are those of functions/mobile/openapi.yaml."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from mobile.models import PostId

Kind: TypeAlias = Literal["ORDER_CONFIRMED", "ORDER_REJECTED", "MENTION", "REPLY"]
Channel: TypeAlias = Literal["PUSH", "INBOX", "NONE"]
Platform: TypeAlias = Literal["APNS", "FCM"]
Topic: TypeAlias = Literal["orders", "mentions", "replies"]
# \Z and not $, which in Python also fits before a line end at the end of the text.
TimeOfDay: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
ZoneName: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
DeviceToken: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9:_-]{16,2048}\Z")]

TOPICS: dict[Kind, Topic] = {
    "ORDER_CONFIRMED": "orders",
    "ORDER_REJECTED": "orders",
    "MENTION": "mentions",
    "REPLY": "replies",
}
"""What of a member's preferences a kind of notification goes by."""


class Subject(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a notification is about: ids and a member's name, nothing of a post's text."""

    order_id: str | None = None
    reason: str | None = None
    post_id: str | None = None
    author_id: str | None = None
    author_name: str | None = None
    in_reply_to: str | None = None


class Notification(Subject, frozen=True, omit_defaults=True, kw_only=True):
    """One thing that happened, as the member sees it.

    `notification_id` is a UUIDv7 and sorts by when it was told; `happened_at` is UTC, ISO 8601.
    """

    notification_id: str
    kind: Kind
    text: str
    happened_at: str
    read: bool


class NotificationPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some of a member's inbox, newest first; no `next_cursor` at the end."""

    items: list[Notification]
    next_cursor: str | None = None


class Unread(msgspec.Struct, frozen=True):
    """How many are unread; counting stops at `inbox.MOST_UNREAD`."""

    unread: int


class ReadUntil(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to which notification all are read."""

    until: PostId


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From one time of day to another, by the clock of a time zone of the IANA database; not the same two."""

    since: TimeOfDay = msgspec.field(name="from")
    until: TimeOfDay
    time_zone: ZoneName


class PreferencesChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a member wants to be told; what is left out becomes what it was at first."""

    orders: Channel = "PUSH"
    mentions: Channel = "PUSH"
    replies: Channel = "PUSH"
    quiet_hours: QuietHours | None = None


class Preferences(msgspec.Struct, frozen=True, omit_defaults=True):
    """The same as it is kept: `version` is 1 for who has chosen nothing, and one more with each change."""

    orders: Channel
    mentions: Channel
    replies: Channel
    version: int
    quiet_hours: QuietHours | None = None


class NewDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a member can be told: the token that the platform gave the app."""

    platform: Platform
    token: DeviceToken


class Device(msgspec.Struct, frozen=True):
    """A device as its member sees it; `pushes` says whether any reach it. Times are UTC, ISO 8601."""

    device_id: str
    platform: Platform
    pushes: bool
    registered_at: str
    renewed_at: str


class DeviceList(msgspec.Struct, frozen=True):
    """The devices of a member."""

    items: list[Device]


class Latest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest of those that wait: what it says, and what an app opens by it."""

    text: str
    notification_id: str
    order_id: str | None = None
    post_id: str | None = None


class Bundle(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is pushed at once: `count` notifications, or a single one with what it is about.

    `claimed_at`, in milliseconds since 1970, is when somebody last began to push it; `reached` are the
    devices that have it.
    """

    bundle_id: str
    text: str
    claimed_at: int
    count: int
    notification_id: str | None = None
    order_id: str | None = None
    post_id: str | None = None
    reached: list[str] = []
