"""What notifications say: one in a sentence, several as a count. Nothing of what a post or an order holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mobile.notifications.models import Kind, Subject, Topic

_NAMES: dict[Topic, tuple[str, str]] = {
    "orders": ("update of an order", "updates of orders"),
    "replies": ("reply", "replies"),
    "mentions": ("mention", "mentions"),
}


def sentence(kind: Kind, subject: Subject) -> str:
    """Return what one notification says."""
    match kind:
        case "ORDER_CONFIRMED":
            return "Your order is confirmed."
        case "ORDER_REJECTED":
            return "Your order could not be carried out."
        case "REPLY":
            return f"{subject.author_name} replied to your post."
        case "MENTION":
            return f"{subject.author_name} mentioned you."


def summary(counts: dict[Topic, int]) -> str:
    """Return what several say at once: `5 replies and 1 mention`."""
    parts = [
        f"{counts[topic]} {one if counts[topic] == 1 else many}"
        for topic, (one, many) in _NAMES.items()
        if counts.get(topic)
    ]
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last
