"""Records that the Kinesis Producer Library made of many: what it put together is taken apart again.

https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md: four bytes that tell the
format, a Protocol Buffers message, and the message's MD5. Of the message,

    repeated string partition_key_table = 1;
    repeated string explicit_hash_key_table = 2;
    repeated Record records = 3;

and of a Record

    required uint64 partition_key_index = 1;
    optional uint64 explicit_hash_key_index = 2;
    required bytes data = 3;
    repeated Tag tags = 4;

The MD5 is not computed: TLS and Kinesis see to it that bytes arrive as they were sent, and what was cut off
or glued together is told by the lengths of the data, all of which are checked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\xf3\x89\x9a\xc2"
_DIGEST_BYTES = 16
_KEY, _HASH_KEY, _RECORD = 1, 2, 3  # fields of the message
_INDEX, _DATA = 1, 3  # fields of a record
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_KEY_TAG = _KEY << 3 | _BYTES
_CONTINUES = 128  # the first bit of a byte of a number says that more follow
_LONGEST_VARINT = 63  # bits that are shifted at most

# A record as producers write it: its length, the index of its key (and of its hash key), its data's length.
# Longer data than two bytes tell, 16 KB, is left to the look at each field.
_HEAD = re.compile(rb"\x1a..?\x08..?(?:\x10..?)?\x1a([\x80-\xff].|.)", re.DOTALL)


class Damaged(ValueError):  # noqa: N818 - what is told of a record
    """The bytes begin as an aggregated record does, and do not go on as one."""


class Part(NamedTuple):
    """One of the records that were put together."""

    partition_key: str
    data: bytes


def split(aggregated: bytes) -> list[bytes]:
    """Return the data of each record that was put together, in their order.

    Raises
    ------
    Damaged
        When any length in it is wrong, or it holds what the format does not.
    """
    message = aggregated[len(MAGIC) : -_DIGEST_BYTES]
    return _usual(message) or [part.data for part in _parts(message)]


def parts(aggregated: bytes) -> list[Part]:
    """Return each record that was put together with its partition key.

    Raises
    ------
    Damaged
        As `split` does.
    """
    return list(_parts(aggregated[len(MAGIC) : -_DIGEST_BYTES]))


class _Lengths(dict[bytes, int]):
    """The numbers that varints stand for, as they come up."""

    def __missing__(self, varint: bytes) -> int:
        if len(self) > 1 << 15:
            self.clear()
        number = self[varint] = sum((byte & 127) << 7 * place for place, byte in enumerate(varint))
        return number


_lengths = _Lengths()


def _usual(message: bytes) -> list[bytes]:
    """Return the data of each record, or nothing where a look at each field is needed.

    Records in JSON have no control characters, so what looks like the head of a record is one: the message is
    split there, all at once, and is right if each piece is as long as its head says.
    """
    keys, *pieces = _HEAD.split(message)
    data = pieces[1::2]
    if list(map(_lengths.__getitem__, pieces[0::2])) != list(map(len, data)) or not _keys_only(keys):
        return []
    return data


def _keys_only(message: bytes) -> bool:
    """Tell whether a message is short partition keys, as producers write them, and nothing else."""
    position, end = 0, len(message)
    while position + 1 < end and message[position] == _KEY_TAG and message[position + 1] < _CONTINUES:
        position += 2 + message[position + 1]
    return position == end


def _parts(message: bytes) -> Iterator[Part]:
    keys: list[str] = []
    found = []
    for field, value in _fields(message):
        if field == _KEY:
            keys.append(_text(value))
        elif field == _RECORD:
            inner = dict(_fields(_bytes(value)))
            found.append((inner.get(_INDEX, 0), _bytes(inner.get(_DATA))))
        elif field != _HASH_KEY:
            raise Damaged(f"the format has no field {field}")
    for index, data in found:
        if not isinstance(index, int) or index >= len(keys):
            raise Damaged("a record has a partition key that is not in the table")
        yield Part(keys[index], data)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give the number and the value of each field of a message."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        field, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            number, position = _varint(message, position)
            yield field, number
        elif wire in {_BYTES, _FIXED32, _FIXED64}:
            length = {_FIXED32: 4, _FIXED64: 8}.get(wire, 0)
            if wire == _BYTES:
                length, position = _varint(message, position)
            if position + length > len(message):
                raise Damaged("a length goes beyond the end")
            yield field, message[position : position + length]
            position += length
        else:
            raise Damaged(f"there is no wire type {wire}")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if position >= len(message) or shift > _LONGEST_VARINT:
            raise Damaged("a number does not end")
        byte = message[position]
        number |= (byte & 127) << shift
        position += 1
        if byte < _CONTINUES:
            return number, position
        shift += 7


def _bytes(value: int | bytes | None) -> bytes:
    if not isinstance(value, bytes):
        raise Damaged("a record has no data")
    return value


def _text(value: int | bytes) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError:
        raise Damaged("a partition key is not UTF-8") from None
