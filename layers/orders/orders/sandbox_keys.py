"""The keys that the sandbox provider takes, and the one that this application presents to it.

The provider is the other party: it never reads the secret that the key is kept in, and knows of a key no more
than its SHA-256 hash, from which nobody guesses 256 random bits. All are in one item of ProviderKeysTable:

| attribute | holds |
| --- | --- |
| `id` | `keys`: there is one account |
| `keys` | by the hash of a key, until when it is taken, in seconds since 1970; 0 without an end |
| `revision` | how often the item was changed: of two changes at a time one is refused |
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from orders.ports import KeyRefused
from shared.faults import Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shared.items import Item
    from shared.secrets import Secret
    from shared.tables import Table


class Changed(Transient):
    """Somebody else changed the keys at the same time."""


class SandboxKeys:
    """The provider's side: which keys it takes.

    Parameters
    ----------
    table
        ProviderKeysTable.
    clock
        Tells the seconds since 1970.
    """

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def accepts(self, key: str) -> bool:
        """Say whether a call with this key is answered. One GetItem."""
        return self._is_taken(key, self._read()["keys"])

    def register(self, key: str, by: Iterable[str]) -> None:
        """Take `key` from now on, on the word of somebody who has a key; the first key opens the account.

        Registering twice is registering once.

        Raises
        ------
        KeyRefused
            When none of the keys in `by` is taken.
        """
        item = self._read()
        keys = item["keys"]
        if keys.get(_hash(key)) == 0:
            return
        if keys and not any(self._is_taken(other, keys) for other in (key, *by)):
            raise KeyRefused("no key that is taken vouches for the one to register")
        self._write(item, {**keys, _hash(key): 0})

    def retire_others(self, key: str, seconds: int) -> None:
        """Take every other key for so many seconds at most, and forget those that are over.

        Raises
        ------
        KeyRefused
            When the key is not taken itself.
        """
        item = self._read()
        keys = item["keys"]
        if not self._is_taken(key, keys):
            raise KeyRefused("a key that is not taken cannot retire others")
        end = int(self._clock()) + seconds
        ends = {hashed: min(until or end, end) for hashed, until in keys.items() if not self._is_over(until)}
        retired = {**ends, _hash(key): 0}
        if retired != keys:
            self._write(item, retired)

    def _is_taken(self, key: str, keys: dict[str, int]) -> bool:
        until = keys.get(_hash(key))
        return until is not None and not self._is_over(until)

    def _is_over(self, until: int) -> bool:
        return until != 0 and until <= self._clock()

    def _read(self) -> Item:
        return self._table.get({"id": "keys"}, consistent=True) or {"id": "keys", "keys": {}, "revision": 0}

    def _write(self, item: Item, keys: dict[str, int]) -> None:
        changed: Item = {"id": "keys", "keys": keys, "revision": item["revision"] + 1}
        condition = "attribute_not_exists(id) OR revision = :read"
        if self._table.put_if(condition, changed, {":read": item["revision"]}) is not None:
            raise Changed("the provider's keys were changed at the same time")


class Account:
    """The application's side: the key that goes with each call.

    Parameters
    ----------
    key
        The secret that the key is kept in.
    provider
        Who it is presented to.
    """

    def __init__(self, key: Secret, provider: SandboxKeys) -> None:
        self._key = key
        self._provider = provider

    def enter(self) -> None:
        """Present the key; one that is refused is read again, once, since it may have been rotated.

        Raises
        ------
        KeyRefused
            When the key as it is now is refused too.
        """
        presented = self._key.value()
        if self._provider.accepts(presented):
            return
        current = self._key.read_again()
        if current == presented or not self._provider.accepts(current):
            raise KeyRefused("the provider does not take the key")


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
