"""Many user records in one record of Kinesis, in the Kinesis Producer Library's format.

https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md: four magic bytes, a
message of protocol buffers, and the message's MD5. The message is

    AggregatedRecord: repeated string partition_key_table = 1; repeated Record records = 3
    Record: uint64 partition_key_index = 1; bytes data = 3

written out here: it is shorter than what a generated class would take to import.
"""

from __future__ import annotations

import hashlib

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16
_KEY, _INDEX, _DATA, _RECORD = b"\x0a", b"\x08", b"\x1a", b"\x1a"
"""Numbers and types of the members used."""


class Aggregate:
    """A record that user records are added to for as long as it may grow."""

    def __init__(self, limit: int) -> None:
        """Start with none; `limit` is how many bytes it may have."""
        self._limit = limit
        self._keys: dict[str, int] = {}
        self._table = bytearray()
        self._records = bytearray()

    def add(self, key: str, data: bytes) -> bool:
        """Add a user record if it fits; tell whether it did."""
        name = key.encode()
        index = self._keys.get(key, len(self._keys))
        entry = b"" if key in self._keys else _KEY + _varint(len(name)) + name
        inner = _INDEX + _varint(index) + _DATA + _varint(len(data))
        record = _RECORD + _varint(len(inner) + len(data)) + inner
        if len(self) + len(entry) + len(record) + len(data) > self._limit:
            return False
        self._keys[key] = index
        self._table += entry
        self._records += record
        self._records += data
        return True

    def __len__(self) -> int:
        """Return how many bytes it has."""
        return len(MAGIC) + len(self._table) + len(self._records) + DIGEST_BYTES

    def __bytes__(self) -> bytes:
        """Return the record's data."""
        message = bytes(self._table + self._records)
        return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


def _varint(number: int) -> bytes:
    """Return a number as protocol buffers write it: seven bits a byte, the lowest first."""
    written = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
