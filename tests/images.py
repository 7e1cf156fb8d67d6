"""Small images for tests, made here or with ImageMagick, and what a camera would put into them."""

from __future__ import annotations

import base64
import struct
import zlib

SECRET = b"48.2082N 16.3738E, taken by Ada"
"""What has no business in an image that is shown."""


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 40, height: int = 48, *more: bytes, pixels: bytes | None = None) -> bytes:
    """Return a grey PNG, with more chunks before its pixels."""
    rows = pixels if pixels is not None else zlib.compress((b"\0" + b"\x80" * width) * height)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    parts = [header, *more, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def segment(marker: int, data: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def with_segment(image: bytes, marker: int, data: bytes) -> bytes:
    """Return a JPEG with one segment more after its start."""
    return image[:2] + segment(marker, data) + image[2:]


BASELINE = base64.b64decode(
    """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO
    UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P
    T09PT09PT0//wAARCAAwACgDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAMG/8QAFRABAQAAAAAAAAAAAAAAAAAAABL/
    xAAXAQEBAQEAAAAAAAAAAAAAAAAABgUE/8QAFREBAQAAAAAAAAAAAAAAAAAAABT/2gAMAwEAAhEDEQA/AM7RSVFOaZd0K0UlRRMU
    K0JUExQlRSVFKGZh0K0UlRRMUK0JUExQlRSVFKGZhUK0UlRRMUK0JUExQ//Z
"""
)
"""A JPEG of 40 by 48, `convert -size 40x48 gradient:red-blue -quality 60`."""

PROGRESSIVE = base64.b64decode(
    """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO
    UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P
    T09PT09PT0//wgARCAAwACgDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAIF/8QAFwEBAQEBAAAAAAAAAAAAAAAAAAUE
    A//aAAwDAQACEAMQAAABzkOV20C0CUKOG0C0CUKGG0C0D//EABQQAQAAAAAAAAAAAAAAAAAAAED/2gAIAQEAAQUCd//EABURAQEA
    AAAAAAAAAAAAAAAAAAAT/9oACAEDAQE/AaKKKKKKKKP/xAAVEQEBAAAAAAAAAAAAAAAAAAAAE//aAAgBAgEBPwGaaaaaaaab/8QA
    FBABAAAAAAAAAAAAAAAAAAAAQP/aAAgBAQAGPwJ3/8QAFRABAQAAAAAAAAAAAAAAAAAAABH/2gAIAQEAAT8hqqqqqqqqqqqqqqqq
    qqqq/9oADAMBAAIAAwAAABA888000447/8QAFBEBAAAAAAAAAAAAAAAAAAAAMP/aAAgBAwEBPxAQB//EABQRAQAAAAAAAAAAAAAA
    AAAAADD/2gAIAQIBAT8QH/8A/8QAFBABAAAAAAAAAAAAAAAAAAAAQP/aAAgBAQABPxBwAAAAH//Z
"""
)
"""The same, with `-interlace JPEG`."""
