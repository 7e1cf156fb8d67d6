"""What is in a file that says it is an image, and the file without all that is not shown.

A camera writes where and when a picture was taken into the file, and a file can hold more than its picture.
Only the parts that a picture is made of are kept: what is served has no place, no comment, nothing appended.

PNG: https://www.w3.org/TR/png-3/. JPEG: ITU-T T.81, annex B.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 4096  # of a side
LEAST_PIXELS = 32

Reason: TypeAlias = Literal["NOT_AN_IMAGE", "BROKEN", "TOO_LARGE", "TOO_SMALL"]

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_PARTS = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"pHYs", b"IDAT", b"IEND")
)
_CHUNK = 1024 * 1024

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))  # markers without a length
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))  # baseline, extended, progressive: what browsers show
# Tables, frames and scans, and of the application's segments what colours need: JFIF, the profile, Adobe's.
_JPEG_PARTS = _FRAMES | {0xC4, 0xDB, 0xDD, _SCAN, 0xE0, 0xE2, 0xEE}


class Image(NamedTuple):
    """An image that may be shown: its media type, the end of its name, its sides in pixels, and the file."""

    media_type: str
    suffix: str
    width: int
    height: int
    content: bytes


class Unfit(Exception):  # noqa: N818 - an outcome, and no error
    """The file is no image that is taken; `reason` is told to who sent it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def checked(content: bytes) -> Image:
    """Return the image that a file is.

    Raises
    ------
    Unfit
        When it is none, is broken, or is too large or too small.
    """
    if len(content) > MOST_BYTES:
        raise Unfit("TOO_LARGE")
    try:
        if content.startswith(_PNG):
            image = _png(content)
        elif content.startswith(b"\xff\xd8\xff"):
            image = _jpeg(content)
        else:
            raise Unfit("NOT_AN_IMAGE")
    except (struct.error, IndexError, zlib.error):
        raise Unfit("BROKEN") from None
    return image


def _measured(width: int, height: int) -> tuple[int, int]:
    if max(width, height) > MOST_PIXELS:
        raise Unfit("TOO_LARGE")
    if min(width, height) < LEAST_PIXELS:
        raise Unfit("TOO_SMALL")
    return width, height


def _png(content: bytes) -> Image:
    parts = list(_chunks(content))
    if not parts or parts[0][0] != b"IHDR" or len(parts[0][1]) != 13 or parts[-1][0] != b"IEND":  # noqa: PLR2004
        raise Unfit("BROKEN")
    width, height, depth = struct.unpack(">IIB", parts[0][1][:9])
    _measured(width, height)
    # A row has at most four channels and a byte for its filter; an interlaced image has more rows.
    _inflate(
        (part for kind, part in parts if kind == b"IDAT"), 2 * height * (1 + width * 4 * max(depth, 8) // 8)
    )
    kept = b"".join(_chunk(kind, part) for kind, part in parts if kind in _PNG_PARTS)
    return Image("image/png", "png", width, height, _PNG + kept)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the chunks up to the last one; what is appended after it is none."""
    position, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, position)
        data = content[position + 8 : position + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, position + 8 + length)
        if checksum != zlib.crc32(kind + data):
            raise Unfit("BROKEN")
        yield kind, data
        position += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def _inflate(parts: Iterator[bytes], most: int) -> None:
    """Inflate the pixels and throw them away: what cannot be shown, or grows without end, is broken."""
    inflater, size = zlib.decompressobj(), 0
    for part in parts:
        rest = part
        while rest:
            size += len(inflater.decompress(rest, _CHUNK))
            rest = inflater.unconsumed_tail
            if size > most:
                raise Unfit("BROKEN")
    if not inflater.eof:
        raise Unfit("BROKEN")


def _jpeg(content: bytes) -> Image:
    kept, sides, scans = [content[:2]], None, 0
    for marker, segment in _segments(content):
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", segment, 5)
            sides = _measured(width, height)
        scans += marker == _SCAN
        if marker in _JPEG_PARTS:
            kept.append(segment)
    if sides is None or not scans:
        raise Unfit("BROKEN")
    return Image("image/jpeg", "jpg", *sides, b"".join([*kept, b"\xff\xd9"]))


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the segments between start and end, a scan's with its data; what is appended is none."""
    position = 2
    while True:
        if content[position] != 0xFF:  # noqa: PLR2004 - every marker begins with it
            raise Unfit("BROKEN")
        marker = content[position + 1]
        if marker == _END:
            return
        if marker in _ALONE or marker == _START:
            raise Unfit("BROKEN")
        (length,) = struct.unpack_from(">H", content, position + 2)
        end = position + 2 + length
        if length < 2 or end > len(content):  # noqa: PLR2004 - the length's own bytes
            raise Unfit("BROKEN")
        end = _end_of_scan(content, end) if marker == _SCAN else end
        yield marker, content[position:end]
        position = end


def _end_of_scan(content: bytes, position: int) -> int:
    """Return where the marker after a scan's data is: not 0xFF00, which is data, nor a restart."""
    while True:
        position = content.find(b"\xff", position)
        if position < 0:
            raise Unfit("BROKEN")
        following = content[position + 1]
        if following and not 0xD0 <= following <= 0xD7:  # noqa: PLR2004 - the restarts
            return position
        position += 2
