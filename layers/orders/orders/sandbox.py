"""A payment company and a carrier to play with: part of the stack, and steered by test tokens.

| token | what comes of it |
| --- | --- |
| `tok_ok`, `ship_ok` | what is asked for |
| `tok_declined`, `ship_unavailable`, and any unknown one | a refusal |
| `tok_timeout`, `ship_timeout` | it is done, but no call ever hears so |
| `tok_flaky`, `ship_flaky` | the first call fails before anything is done, the next does it |
| `tok_no_refund`, `ship_no_cancel` | it is done, and undoing it fails every time |

They keep what they were asked for in ProviderTable, one item an idempotency key and kind: `id` is
`payment#order_id` or `shipment#order_id`, `state` is DONE, REFUSED, UNDONE (it was done and given back) or
CLOSED (it was called off before it came).

Before anything else they look at the key of whoever calls (`orders.sandbox_keys`); where there is no account
they ask for none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.faults import Transient
from shared.items import Update

if TYPE_CHECKING:
    from orders.sandbox_keys import Account
    from shared.items import Item
    from shared.tables import Table


class NoAnswer(Transient):
    """The provider did not answer."""


class _Provider:
    """What both have in common: something is done once for a key, and undone once."""

    def __init__(
        self, table: Table, account: Account | None, kind: str, prefix: str, never_undone: str
    ) -> None:
        self._table = table
        self._account = account
        self._kind = kind
        self._prefix = prefix
        self._never_undone = never_undone

    def _enter(self) -> None:
        if self._account is not None:
            self._account.enter()

    def _do(self, key: str, token: str, details: Item) -> bool:
        self._enter()
        how = token.removeprefix(self._prefix) if token.startswith(self._prefix) else "unknown"
        if how == "flaky" and self._is_first_call(key):
            raise NoAnswer(f"{self._kind}: failed before anything was done")
        state = "DONE" if how in {"ok", "timeout", "flaky", self._never_undone} else "REFUSED"
        record: Item = {"id": self._id(key), "state": state, "token": token, **details}
        earlier = self._table.put_if("attribute_not_exists(id)", record)
        if how == "timeout":
            raise NoAnswer(f"{self._kind}: did not answer in time")
        return bool((earlier or record)["state"] == "DONE")

    def _undo(self, key: str) -> bool:
        self._enter()
        closed: Item = {"id": self._id(key), "state": "CLOSED"}
        earlier = self._table.put_if("attribute_not_exists(id)", closed)
        if earlier is None or earlier["state"] in {"REFUSED", "CLOSED"}:
            return False
        if earlier["token"] == self._prefix + self._never_undone:
            raise NoAnswer(f"{self._kind}: cannot be undone")
        self._table.update_if(
            Update(
                key={"id": self._id(key)},
                condition="#state = :done",
                change="SET #state = :undone",
                values={":done": "DONE", ":undone": "UNDONE"},
                names={"#state": "state"},
            )
        )
        return True

    def _is_first_call(self, key: str) -> bool:
        called: Item = {"id": f"{self._id(key)}#called", "state": "CALLED"}
        return self._table.put_if("attribute_not_exists(id)", called) is None

    def _id(self, key: str) -> str:
        return f"{self._kind}#{key}"


class SandboxPayments(_Provider):
    """`orders.ports.Payments` over ProviderTable."""

    def __init__(self, table: Table, account: Account | None = None) -> None:
        super().__init__(table, account, "payment", "tok_", "no_refund")

    def charge(self, key: str, token: str, amount: int, currency: str) -> bool:
        """Charge, unless the token says otherwise."""
        return self._do(key, token, {"amount": amount, "currency": currency})

    def refund(self, key: str) -> bool:
        """Refund, unless the token that was charged says otherwise."""
        return self._undo(key)


class SandboxCarrier(_Provider):
    """`orders.ports.Carrier` over ProviderTable."""

    def __init__(self, table: Table, account: Account | None = None) -> None:
        super().__init__(table, account, "shipment", "ship_", "no_cancel")

    def book(self, key: str, token: str) -> bool:
        """Book, unless the token says otherwise."""
        return self._do(key, token, {})

    def cancel(self, key: str) -> bool:
        """Cancel, unless the token that was booked says otherwise."""
        return self._undo(key)
