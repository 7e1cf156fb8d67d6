"""People's answers to orders above the amount that needs one.

The saga waits on a task token (statemachines/order_saga.asl.yaml, AwaitApproval). An answer is a write on the
order, on the condition that the order has neither an answer nor an outcome; the token does no more than wake
the saga, which then reads what the answer is. So an answer that nobody was woken for is not lost, and who
holds a token can approve nothing with it.

| attribute of ApprovalsTable | holds |
| --- | --- |
| `order_id` | partition key |
| `member_id` | whose order it is |
| `task_token` | of the wait that is under way, or was last |
| `expires_at` | when DynamoDB may delete it (TTL) |

Which orders wait is told by three attributes of OrdersTable. They come with the status and go with the answer
or the outcome, in the same write, so the index Awaiting has the orders that an answer can still reach:

| attribute of OrdersTable | holds |
| --- | --- |
| `awaiting` | partition key of Awaiting: STAFF |
| `awaiting_since` | its sort key: when staff were asked |
| `awaiting_until` | until when they have time, at the least |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from orders import listing
from orders.repository import AWAITS_NOTHING
from shared.clock import now
from shared.items import Update
from shared.problems import Conflict, NotFound

if TYPE_CHECKING:
    from shared.items import Item
    from shared.tables import Table
    from shared.workflows import Tasks


WAITING = ("awaiting", "STAFF")
PLACE = ("awaiting_since", "member_id", "order_id")


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What staff say to an order, and why; the reason is kept with the order and shown to staff only."""

    answer: Literal["APPROVED", "REFUSED"]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Approval(msgspec.Struct, frozen=True):
    """The answer that an order has."""

    order_id: str
    answer: Literal["APPROVED", "REFUSED"]


class AwaitingOrder(msgspec.Struct, frozen=True):
    """An order that waits for staff; `total` in minor units, times in UTC, ISO 8601."""

    order_id: str
    total: int
    currency: str
    awaiting_since: str
    awaiting_until: str


class ApprovalPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some of the orders that wait, the one that has waited longest first; no `next_cursor` at the end."""

    items: list[AwaitingOrder]
    next_cursor: str | None = None


class NothingAsked(NotFound):
    """No approval was asked for such an order."""

    def __init__(self) -> None:
        super().__init__("There is no such order that waits, or waited, for approval.")


class TooLate(Conflict):
    """The order has another answer, expired, or was cancelled or rejected meanwhile."""

    def __init__(self, order: Item) -> None:
        state = order.get("approval") or order.get("outcome", {}).get("status", "gone")
        super().__init__(f"The order waits for no answer any more: it is {state.lower()}.")


class Awaiting:
    """The orders that wait for an answer, as a list.

    Parameters
    ----------
    orders
        OrdersTable, or a fake with its `query`.
    """

    def __init__(self, orders: Table) -> None:
        self._orders = orders

    def page(self, limit: int, after: Item | None = None) -> tuple[list[AwaitingOrder], Item | None]:
        """Return up to `limit` orders, the one that has waited longest first. One Query.

        Parameters
        ----------
        limit
            How many at most, 1 to 100.
        after
            What the page before told.

        Returns
        -------
        The orders, and the last one's place, or None when there are no more.
        """
        items, last = listing.page(self._orders, "Awaiting", WAITING, place=PLACE, limit=limit, after=after)
        return msgspec.convert(items, list[AwaitingOrder]), last


class Approvals:
    """The orders that wait for an answer.

    Parameters
    ----------
    approvals, orders
        ApprovalsTable and OrdersTable.
    tasks
        Where waiting state machines are woken.
    """

    def __init__(self, approvals: Table, orders: Table, tasks: Tasks) -> None:
        self._approvals = approvals
        self._orders = orders
        self._tasks = tasks

    def answer(self, order_id: str, given: Answer, by: str) -> Approval:
        """Give an order its answer and wake its saga. The same answer again is the same; one UpdateItem.

        Raises
        ------
        NothingAsked
            When no approval was asked for such an order.
        TooLate
            When it has another answer, expired or has an outcome.
        """
        asked = self._approvals.get({"order_id": order_id}, consistent=True)
        if asked is None:
            raise NothingAsked
        key = {"member_id": asked["member_id"], "order_id": order_id}
        order = self._orders.update_if(_change(key, given, by))
        if order is not None and order.get("approval") != given.answer:
            raise TooLate(order)
        # Read anew: a reminder may have begun another wait, with another token, before the answer was there.
        self.wake(order_id)
        return Approval(order_id, given.answer)

    def wake(self, order_id: str) -> None:
        """Let the order's saga look at once at what became of the order, if it waits."""
        asked = self._approvals.get({"order_id": order_id}, consistent=True)
        if asked is not None:
            self._tasks.end(asked["task_token"])


def _change(key: Item, given: Answer, by: str) -> Update:
    """Return the write that is the answer; a refusal decides the order's outcome too."""
    values: Item = {
        ":answer": given.answer,
        ":reason": given.reason,
        ":by": by,
        ":entry": [{"step": given.answer, "at": now()}],
    }
    change = (
        "SET approval = :answer, approval_reason = :reason, approval_by = :by, "
        "timeline = list_append(timeline, :entry)"
    )
    condition = (
        "attribute_exists(order_id) AND attribute_not_exists(outcome) AND attribute_not_exists(approval)"
    )
    if given.answer == "REFUSED":
        values[":outcome"] = {"status": "REJECTED", "reason": "APPROVAL_REFUSED"}
        return Update(key, condition, f"{change}, outcome = :outcome {AWAITS_NOTHING}", values)
    values[":pending"] = "PENDING"
    return Update(
        key, condition, f"{change}, #status = :pending {AWAITS_NOTHING}", values, {"#status": "status"}
    )
