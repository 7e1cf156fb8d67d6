"""From what happened to whom it is told, once.

An event may come twice, late and in any order, and whoever handles it may die at any moment. What is decided
for a member about an event is one transaction of NotificationsTable:

| `pk`, `sk` | holds |
| --- | --- |
| `MEMBER#<member_id>`, `EVENT#<event>` | that it was decided; it expires with the inbox |
| `MEMBER#<member_id>`, `NOTE#<notification_id>` | the notification, unless the member wants none |
| `MEMBER#<member_id>`, `REACH#WAITING` | one more that waits, if it is to be pushed |

The first one's condition makes it once. A push that waits is then planned; where that did not come about, the
event comes again, finds its decision and plans it.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from mobile import rules
from mobile.models import Post
from mobile.notifications import reach
from mobile.notifications.inbox import key_of_note
from mobile.notifications.models import TOPICS, Kind, Latest, Subject
from mobile.notifications.wording import sentence
from mobile.posts import key_of_post
from shared.faults import Transient
from shared.ids import uuid7
from shared.items import Update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mobile.notifications.planning import Looks
    from mobile.notifications.reach import Reach
    from shared.items import Item, Refused
    from shared.tables import Table

DAY = 24 * 60 * 60
TRIES = 4
_WITH_PUSH = 3
_ORDERS: dict[str, Kind] = {"OrderConfirmed": "ORDER_CONFIRMED", "OrderRejected": "ORDER_REJECTED"}


class OrderEnded(msgspec.Struct, frozen=True):
    """What is read of OrderConfirmed and OrderRejected: docs/services/order-events.md."""

    event_id: str
    order_id: str
    member_id: str
    occurred_at: str
    reason: str | None = None


class PostAddressed(msgspec.Struct, frozen=True):
    """What is read of PostAddressed: docs/services/content-events.md."""

    post_id: str


class Occasion(NamedTuple):
    """Something to tell one member: what it is called, and as what it may be told, the first choice first."""

    member_id: str
    event: str
    choices: list[tuple[Kind, Subject]]
    happened_at: str


class Teller:
    """Tells members what happened.

    Parameters
    ----------
    notifications, content
        NotificationsTable and ContentTable.
    looks
        Sees to it that members to whom something is to be pushed are looked at.
    days
        For how many days a notification is kept.
    clock
        Returns the time in seconds since 1970.
    nap
        Waits for some seconds, far less than one.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - two tables, and what tests steer
        self,
        notifications: Table,
        content: Table,
        looks: Looks,
        days: int,
        clock: Callable[[], float],
        nap: Callable[[float], None],
    ) -> None:
        self._notifications = notifications
        self._content = content
        self._looks = looks
        self._life = days * DAY
        self._clock = clock
        self._nap = nap

    def tell(self, kind: str, detail: Any) -> None:
        """Tell everybody whom an event concerns.

        Parameters
        ----------
        kind, detail
            The event's type and its detail, as EventBridge has them.
        """
        for occasion in self._occasions(kind, detail):
            self._tell(occasion)

    def _occasions(self, kind: str, detail: Any) -> Iterator[Occasion]:
        if kind == "PostAddressed":
            yield from self._of_post(msgspec.convert(detail, PostAddressed).post_id)
            return
        order = msgspec.convert(detail, OrderEnded)
        subject = Subject(order_id=order.order_id, reason=order.reason)
        yield Occasion(
            order.member_id, f"order.{order.event_id}", [(_ORDERS[kind], subject)], order.occurred_at
        )

    def _of_post(self, post_id: str) -> Iterator[Occasion]:
        """Yield whom a post addresses, by what it is now: an event of before, or out of order, tells no more.

        One GetItem for the post, one for what it replies to, and one for each name.
        """
        post = self._post(post_id)
        if post is None or post.visibility != "public":
            return
        subject = Subject(post_id=post.post_id, author_id=post.author_id, author_name=post.author_name)
        choices: dict[str, list[tuple[Kind, Subject]]] = {}
        if post.in_reply_to and (parent := self._post(post.in_reply_to)):
            reply = msgspec.structs.replace(subject, in_reply_to=post.in_reply_to)
            choices[parent.author_id] = [("REPLY", reply)]
        for name in post.mentions[: rules.MOST_MENTIONS]:
            if named := self._content.get({"pk": f"NAME#{name}", "sk": "NAME"}):
                choices.setdefault(named["member_id"], []).append(("MENTION", subject))
        choices.pop(post.author_id, None)
        for member_id, possible in choices.items():
            yield Occasion(member_id, f"post.{post.post_id}", possible, post.updated_at)

    def _post(self, post_id: str) -> Post | None:
        item = self._content.get(key_of_post(post_id), consistent=True)
        return msgspec.convert(item, Post) if item else None

    def _tell(self, occasion: Occasion) -> None:
        """Decide for one member. One Query and one TransactWriteItems."""
        found = reach.of(occasion.member_id, self._notifications)
        decision = list(self._decision(occasion, found))
        refused = self._written((self._notifications, update) for update in decision)
        # It was decided before: by a try that may have ended right here.
        if refused is not None or len(decision) == _WITH_PUSH:
            self._looks.after_pause(occasion.member_id, found)

    def _written(self, updates: Iterable[tuple[Table, Update]]) -> Refused | None:
        """Write a decision; others may be at the same member's for a moment."""
        listed = list(updates)
        for attempt in range(TRIES - 1):
            try:
                return self._notifications.update_all(listed)
            except Transient:
                self._nap(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - it spreads the tries
        return self._notifications.update_all(listed)

    def _decision(self, occasion: Occasion, found: Reach) -> Iterator[Update]:
        """Yield the writes that are the decision: two with a notification, three if it is pushed."""
        ends = {":expires_at": int(self._clock()) + self._life}
        yield Update(
            key={"pk": f"MEMBER#{occasion.member_id}", "sk": f"EVENT#{occasion.event}"},
            condition="attribute_not_exists(pk)",
            change="SET expires_at = :expires_at",
            values=ends,
        )
        wanted = [
            (kind, subject)
            for kind, subject in occasion.choices
            if getattr(found.preferences, TOPICS[kind]) != "NONE"
        ]
        if not wanted:
            return
        kind, subject = wanted[0]
        note = {
            "notification_id": uuid7(),
            "kind": kind,
            "text": sentence(kind, subject),
            "happened_at": occasion.happened_at,
            **msgspec.to_builtins(subject),
        }
        note["unread"] = note["notification_id"]
        yield _whole(key_of_note(occasion.member_id, note["notification_id"]), note, ends)
        topic = TOPICS[kind]
        if found.targets and getattr(found.preferences, topic) == "PUSH":
            latest = Latest(note["text"], note["notification_id"], subject.order_id, subject.post_id)
            yield Update(
                key=reach.key_of_waiting(occasion.member_id),
                condition="",
                change=f"SET {topic}_latest = :latest, expires_at = :expires_at "
                f"ADD changes :one, {topic} :one",
                values={":latest": msgspec.to_builtins(latest), ":one": 1, **ends},
            )


def _whole(key: Item, attributes: Item, ends: Item) -> Update:
    """Return the update that writes a whole item."""
    names = {f"#{name}": name for name in attributes}
    sets = ", ".join(f"#{name} = :{name}" for name in attributes)
    return Update(
        key=key,
        condition="attribute_not_exists(pk)",
        change=f"SET {sets}, expires_at = :expires_at",
        values={**{f":{name}": value for name, value in attributes.items()}, **ends},
        names=names,
    )
