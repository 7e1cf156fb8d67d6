"""Objects as a bucket holds them: bytes under a key, with an entity tag that is another after every write."""

from __future__ import annotations

from typing import NamedTuple


class Missing(LookupError):  # noqa: N818 - it names what is not there
    """There is no such object."""


class Stored(NamedTuple):
    """An object's bytes and its entity tag."""

    body: bytes
    etag: str
