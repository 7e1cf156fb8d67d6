"""Hashtags as they are compared."""

from __future__ import annotations

_SIGNS = "#\N{FULLWIDTH NUMBER SIGN}"


def fold(hashtag: str) -> str:
    """Return a hashtag without its sign, if it has one, and without the difference between cases."""
    return hashtag.lstrip(_SIGNS).casefold()
