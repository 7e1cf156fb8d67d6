"""Which posts are counted already: a log of fingerprints for each window, in `SLOTS` parts, that only grows.

A fingerprint is the first half of the MD5 of a post's id. That is also what Kinesis puts a record into a
shard by, when the id is its partition key: the first bits name the slot, so that a slot is one shard's, or a
few shards' after a split, and whoever takes over goes on with the same log. An entry has a number, and is
written on the condition that there is none with it. So of two that write to one log at once, whatever their
shards, one is refused, reads on, and finds what the other counted.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from shared.items import Update

try:
    # The interpreter's own: OpenSSL's takes twice as long for so few bytes.
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:  # an interpreter that was built without it
    from functools import partial
    from hashlib import md5 as openssl

    md5 = partial(openssl, usedforsecurity=False)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shared.tables import Table

SLOTS = 8
"""Parts of a log: as many shards write without ever meeting. More meet, and are right all the same."""

_BYTES = 8
_SHIFT = 5  # of a byte, only the three bits that tell 8 slots are left
_REMEMBERED = 500_000
"""Fingerprints that an environment keeps, of some 100 bytes each in memory."""


def fingerprints(post_ids: Iterable[str]) -> list[bytes]:
    """Return the fingerprints of posts."""
    return [md5(each.encode()).digest()[:_BYTES] for each in post_ids]


def by_slot(marks: Iterable[bytes]) -> dict[int, list[bytes]]:
    """Return fingerprints by the slot that each is kept in."""
    slots: list[list[bytes]] = [[] for _ in range(SLOTS)]
    for mark in marks:
        slots[mark[0] >> _SHIFT].append(mark)
    return {slot: some for slot, some in enumerate(slots) if some}


def key_of(window: str, slot: int, number: int) -> dict[str, str]:
    """Return the key of one entry of a log."""
    return {"pk": f"seen#{window}#{slot}", "sk": f"{number:06}"}


class _Log:
    """What is known of a window: its fingerprints, and for each slot the number of the next entry."""

    def __init__(self) -> None:
        self.known: set[bytes] = set()
        self.following: dict[int, int] = {}


class Seen:
    """The logs of all windows, as far as this environment has read and written them.

    Parameters
    ----------
    table
        TrendsTable, or a fake with its `query`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._logs: OrderedDict[str, _Log] = OrderedDict()

    def of(self, window: str, slots: Iterable[int]) -> set[bytes]:
        """Return the fingerprints of a window, in at least these slots.

        One Query for each slot that was not read before.
        """
        log = self._logs.setdefault(window, _Log())
        self._logs.move_to_end(window)
        for slot in slots:
            if slot not in log.following:
                self.read_on(window, slot)
        return log.known

    def read_on(self, window: str, slot: int) -> None:
        """Read what was added to a log since it was last read. One Query and more, strongly consistent."""
        log = self._logs.setdefault(window, _Log())
        number = log.following.get(slot, 0)
        first, last = key_of(window, slot, number), key_of(window, slot, 999_999)
        page = None
        while page is None or page.last_key:
            page = self._table.query(
                ("pk", first["pk"]),
                between=("sk", first["sk"], last["sk"]),
                consistent=True,
                after=page.last_key if page else None,
            )
            for item in page.items:
                packed = item["posts"]
                log.known.update(packed[at : at + _BYTES] for at in range(0, len(packed), _BYTES))
                number = int(item["sk"]) + 1
        log.following[slot] = number

    def entry(self, window: str, slot: int, added: Sequence[bytes], expires_at: int) -> Update:
        """Return the change that adds an entry to a log; it is refused when the log is longer than known."""
        return Update(
            key=dict(key_of(window, slot, self._logs[window].following[slot])),
            condition="attribute_not_exists(pk)",
            change="SET #posts = :posts, #expires_at = :expires_at",
            values={":posts": b"".join(added), ":expires_at": expires_at},
            names={"#posts": "posts", "#expires_at": "expires_at"},
        )

    def added(self, window: str, slot: int, added: Sequence[bytes]) -> None:
        """Note that an entry was added, and forget the windows that were not used for longest."""
        log = self._logs[window]
        log.known.update(added)
        log.following[slot] += 1

    def forget(self) -> None:
        """Forget the windows that were not used for longest, until what is kept is little enough."""
        kept = sum(len(log.known) for log in self._logs.values())
        while kept > _REMEMBERED and len(self._logs) > 1:
            _, log = self._logs.popitem(last=False)
            kept -= len(log.known)
