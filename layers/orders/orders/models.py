"""What an order is. The limits are the contract's: functions/orders/openapi.yaml, components/schemas."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

# \Z and not $, which in Python also fits before a line end at the end of the text.
ProductId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")]
Quantity: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=99)]
MinorUnits: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Status: TypeAlias = Literal["PENDING"]

# The currencies in circulation, from ISO 4217 list one as of 2026; without funds, metals and test codes.
# fmt: off
Currency: TypeAlias = Literal[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL",
    "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR",
    "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP",
    "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK",
    "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR",
    "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD",
    "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF",
    "YER", "ZAR", "ZMW", "ZWG",
]
# fmt: on


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One product of an order; `unit_price` is what the member was quoted, in minor units."""

    product_id: ProductId
    quantity: Quantity
    unit_price: MinorUnits


Lines: TypeAlias = Annotated[list[Line], msgspec.Meta(min_length=1, max_length=50)]


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member asks for."""

    currency: Currency
    lines: Lines


class Order(msgspec.Struct, frozen=True):
    """An order as its member sees it.

    `order_id` is a UUIDv7, `total` in minor units, `created_at` UTC in ISO 8601 with milliseconds.
    """

    order_id: str
    status: Status
    currency: Currency
    total: int
    lines: Lines
    created_at: str


class OrderPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some of a member's orders, newest first; no `next_cursor` at the end."""

    items: list[Order]
    next_cursor: str | None = None
