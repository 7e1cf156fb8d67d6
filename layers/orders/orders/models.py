"""What an order is. The limits are the contract's: functions/orders/openapi.yaml, components/schemas."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from shared.money import Currency, MinorUnits

# \Z and not $, which in Python also fits before a line end at the end of the text.
ProductId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")]
Quantity: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=99)]
Status: TypeAlias = Literal["PENDING", "AWAITING_APPROVAL", "CONFIRMED", "REJECTED", "CANCELLED"]
# What a payment company or a carrier gave the member's app to refer to a means of payment, or to an offer.
Token: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
Reason: TypeAlias = Literal[
    "OUT_OF_STOCK",
    "APPROVAL_REFUSED",
    "APPROVAL_EXPIRED",
    "PAYMENT_DECLINED",
    "SHIPPING_UNAVAILABLE",
    "CANCELLED_BY_MEMBER",
    "FAULT",
]
Step: TypeAlias = Literal[
    "PLACED",
    "STOCK_RESERVED",
    "APPROVAL_REQUESTED",
    "APPROVAL_REMINDED",
    "APPROVED",
    "REFUSED",
    "PAYMENT_TAKEN",
    "SHIPMENT_BOOKED",
    "CANCEL_REQUESTED",
    "SHIPMENT_CANCELLED",
    "PAYMENT_REFUNDED",
    "STOCK_RELEASED",
    "CONFIRMED",
    "REJECTED",
    "CANCELLED",
]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One product of an order; `unit_price` is what the member was quoted, in minor units."""

    product_id: ProductId
    quantity: Quantity
    unit_price: MinorUnits


Lines: TypeAlias = Annotated[list[Line], msgspec.Meta(min_length=1, max_length=50)]


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member asks for.

    `payment_token` and `shipping_token` stand for the means of payment and the offer to ship that the member
    chose. They are handed on to the payment company and the carrier, and shown to nobody.
    """

    currency: Currency
    lines: Lines
    payment_token: Token
    shipping_token: Token


class Entry(msgspec.Struct, frozen=True):
    """Something that happened to an order, and when (UTC, ISO 8601)."""

    step: Step
    at: str


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as its member sees it.

    `order_id` is a UUIDv7, `total` in minor units, `created_at` UTC in ISO 8601 with milliseconds. `timeline`
    has what happened so far, the oldest first. `reason` is there once the order is rejected or cancelled.
    """

    order_id: str
    status: Status
    currency: Currency
    total: int
    lines: Lines
    created_at: str
    timeline: list[Entry]
    reason: Reason | None = None


class OrderPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some of a member's orders, newest first; no `next_cursor` at the end."""

    items: list[Order]
    next_cursor: str | None = None
