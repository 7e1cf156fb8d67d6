"""Identifiers that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import re
import threading
import time

_RANDOM_BITS = 74  # of 128: 48 are the milliseconds, 6 the version and the variant
_STEP_BITS = 32
_UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

_lock = threading.Lock()
_last = 0


def uuid7() -> str:
    """Return a UUID of version 7 in lower case, greater than every one this process made before.

    Within a millisecond, or when the clock steps back, the random part of the last one is raised by a random
    step (RFC 9562, section 6.2, method 2), so that the order holds and the next id cannot be guessed from the
    last.
    """
    global _last  # noqa: PLW0603 - the order is a property of the process
    with _lock:
        fresh = time.time_ns() // 1_000_000 << _RANDOM_BITS | _random(_RANDOM_BITS)
        if fresh >> _RANDOM_BITS <= _last >> _RANDOM_BITS:
            # Should the random part overflow, the carry moves the id into the next millisecond: still in
            # order.
            fresh = _last + 1 + _random(_STEP_BITS)
        _last = fresh
    milliseconds, random = fresh >> _RANDOM_BITS, fresh & (1 << _RANDOM_BITS) - 1
    high, low = random >> 62, random & (1 << 62) - 1
    digits = f"{milliseconds:012x}{0x7 << 12 | high:04x}{0b10 << 62 | low:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def first_uuid7(seconds: int) -> str:
    """Return what is before every UUIDv7 of this second, and after every one of the seconds before.

    Parameters
    ----------
    seconds
        Since 1970.
    """
    digits = f"{seconds * 1000:012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"


def is_uuid7(text: str) -> bool:
    """Say whether `text` is a UUID of version 7 in the form that `uuid7` gives it."""
    return re.fullmatch(_UUID7, text) is not None


def _random(bits: int) -> int:
    return int.from_bytes(os.urandom((bits + 7) // 8)) >> -bits % 8
