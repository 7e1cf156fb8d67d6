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
or glued together does not read as the format or as JSON.
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
_KEY_TAG = bytes([_KEY << 3 | _BYTES])
_RECORD_TAG = bytes([_RECORD << 3 | _BYTES])
_KEY_BYTES = 2  # a key of less than 128 bytes: its tag and its length
_CONTINUES = 128  # the first bit of a byte of a number says that more follow
_LONGEST_VARINT = 63  # bits that are shifted at most

# What is before the data of a record that is a JSON object: its length, the index of its key (and of its hash
# key), its data's length. JSON has no control characters, so nothing in the data looks like it. Data that is
# longer than two bytes tell, 16 KB, is left to the look at each field. An object's first character is matched
# and put back: to look ahead at it takes longer.
_HEAD = re.compile(rb"\x1a..?\x08..?(?:\x10..?)?\x1a(?:[\x80-\xff].|.)\{", re.DOTALL)
# The same for data of 128 bytes and more without a hash key, as most is: a fourth faster.
_USUAL_HEAD = re.compile(rb"\x1a..\x08(?:[\x80-\xff].|.)\x1a..\{", re.DOTALL)
_LINE = b"\n{"


class Damaged(ValueError):  # noqa: N818 - what is told of a record
    """The bytes begin as an aggregated record does, and do not go on as one."""


class Part(NamedTuple):
    """One of the records that were put together."""

    partition_key: str
    data: bytes


def lines(aggregated: bytes) -> tuple[bytes, int] | None:
    """Return the data of all records, each on a line of its own, and how many there are, in one step for all.

    None where a look at each field is needed. Lengths are not compared: where all lines read as JSON they are
    whole, and where one does not, `parts` tells what is wrong.
    """
    first = _HEAD.search(aggregated, len(MAGIC), len(aggregated) - _DIGEST_BYTES)
    if first is None or not _keys_only(aggregated[len(MAGIC) : first.start()]):
        return None
    records = memoryview(aggregated)[first.start() : -_DIGEST_BYTES]
    for head in (_USUAL_HEAD, _HEAD):
        pieces = head.split(records)
        text = _LINE.join(pieces)
        if _RECORD_TAG not in text:
            break
    return text, len(pieces) - 1


def parts(aggregated: bytes) -> list[Part]:
    """Return each record that was put together with its partition key.

    Raises
    ------
    Damaged
        As `split` does.
    """
    return list(_parts(aggregated[len(MAGIC) : -_DIGEST_BYTES]))


def _keys_only(message: bytes) -> bool:
    """Tell whether a message is partition keys of one length, as ids are, and nothing else."""
    if len(message) < _KEY_BYTES or message[1] >= _CONTINUES:
        return False
    step = _KEY_BYTES + message[1]
    count, rest = divmod(len(message), step)
    return not rest and message[::step] == _KEY_TAG * count and message[1::step] == message[1:2] * count


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
