"""What the order saga does, a step at a time, and how it undoes it again.

Each step may be tried again after any failure, also after one that came when the work was done: it finds what
an earlier try did and answers the same. Undoing is as safe, and more: what is undone before it was done stays
undone, so that a try which was held up somewhere and arrives late changes nothing any more.

The state machine is statemachines/order_saga.asl.yaml; docs/services/order-saga.md tells the whole story.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from orders.ports import Carrier, Payments
    from orders.progress import Progress
    from orders.stock import Stock

Result: TypeAlias = Literal["DONE", "REFUSED", "ENDED"]


class Job(msgspec.Struct, frozen=True):
    """An order as its saga knows it: the input of the state machine, and of each of its functions.

    `quantities` are how many of each product; `total` is in minor units of the currency.
    """

    member_id: str
    order_id: str
    currency: str
    total: int
    quantities: dict[str, int]
    payment_token: str
    shipping_token: str


class Step(msgspec.Struct, frozen=True):
    """What came of a step: DONE, REFUSED for a `reason`, or ENDED, the order's outcome being decided already.

    `reason` is what the order is rejected for, if it has no outcome yet.
    """

    result: Result
    reason: str = "FAULT"


DONE, ENDED = Step("DONE"), Step("ENDED")


def reserve_stock(job: Job, stock: Stock) -> Step:
    """Hold the order's products for it: all or none. One transaction over the order and its products."""
    match stock.reserve(job):
        case "RESERVED":
            return DONE
        case "OUT_OF_STOCK":
            return Step("REFUSED", "OUT_OF_STOCK")
        case _:
            return ENDED


def release_stock(job: Job, stock: Stock) -> None:
    """Give back what is held for the order, and see to it that nothing is held from now on."""
    stock.release(job)


def take_payment(job: Job, payments: Payments, progress: Progress) -> Step:
    """Charge the order's total and note it on the order."""
    if not payments.charge(job.order_id, job.payment_token, job.total, job.currency):
        return Step("REFUSED", "PAYMENT_DECLINED")
    return DONE if progress.done(job, "payment", "TAKEN", "PAYMENT_TAKEN") else ENDED


def refund_payment(job: Job, payments: Payments, progress: Progress) -> None:
    """Give back what was charged for the order, also where nobody heard that it was, and charge no more."""
    if payments.refund(job.order_id):
        progress.undone(job, "payment", "REFUNDED", "PAYMENT_REFUNDED")


def book_shipment(job: Job, carrier: Carrier, progress: Progress) -> Step:
    """Book the order's shipment and note it on the order."""
    if not carrier.book(job.order_id, job.shipping_token):
        return Step("REFUSED", "SHIPPING_UNAVAILABLE")
    return DONE if progress.done(job, "shipment", "BOOKED", "SHIPMENT_BOOKED") else ENDED


def cancel_shipment(job: Job, carrier: Carrier, progress: Progress) -> None:
    """Cancel the order's shipment, also where nobody heard that it was booked, and book no more."""
    if carrier.cancel(job.order_id):
        progress.undone(job, "shipment", "CANCELLED", "SHIPMENT_CANCELLED")
