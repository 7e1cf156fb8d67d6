"""What the order saga needs of a payment company and of a carrier.

Both know an order by its id, which is the idempotency key of all that is asked for it. A call that is
repeated finds what the first one did. What was given back, or called off before it came, stays so.
"""

from __future__ import annotations

from typing import Protocol

from shared.faults import Transient


class KeyRefused(Transient):
    """The provider does not take the key that it was shown, and did nothing.

    A rotation that goes on, or people, may mend that, so it is worth another try.
    """


class Payments(Protocol):
    """A payment company."""

    def charge(self, key: str, token: str, amount: int, currency: str) -> bool:
        """Charge `amount` minor units to what `token` stands for; False when that is declined.

        Raises
        ------
        KeyRefused
            When the provider does not know who asks.
        shared.faults.Transient
            When there is no answer: the money may have been taken all the same.
        """

    def refund(self, key: str) -> bool:
        """Give back what was charged under `key`, and charge nothing under it from now on.

        Returns
        -------
        Whether money was given back, now or by an earlier call; False when none was taken.

        Raises
        ------
        KeyRefused
            When the provider does not know who asks.
        shared.faults.Transient
            When there is no answer.
        """


class Carrier(Protocol):
    """Somebody who ships."""

    def book(self, key: str, token: str) -> bool:
        """Book the shipment that `token` stands for; False when it cannot be had.

        Raises
        ------
        KeyRefused
            When the provider does not know who asks.
        shared.faults.Transient
            When there is no answer: it may be booked all the same.
        """

    def cancel(self, key: str) -> bool:
        """Cancel the shipment under `key`, and book none under it from now on.

        Returns
        -------
        Whether one was cancelled, now or by an earlier call; False when none was booked.

        Raises
        ------
        KeyRefused
            When the provider does not know who asks.
        shared.faults.Transient
            When there is no answer.
        """
