"""Windows of event time: they follow one another without gap or overlap, the first from 1970-01-01T00:00:00Z.

A window is named by its start, as in `2026-01-02T03:04:00Z`: the order of names is the order of time.
"""

from __future__ import annotations

import time
from calendar import timegm

_NAME = "%Y-%m-%dT%H:%M:%SZ"


class Windows:
    """Windows of one length.

    Parameters
    ----------
    seconds
        The length: a whole part of a day, so that a day begins with a window.
    """

    def __init__(self, seconds: int) -> None:
        if 86400 % seconds:
            raise ValueError(f"a day has no whole number of windows of {seconds} s")
        self.seconds = seconds

    def holding(self, moment: float) -> str:
        """Return the window that a moment is in, which is in seconds since 1970."""
        return name(int(moment // self.seconds) * self.seconds)

    def following(self, window: str) -> str:
        """Return the window after this one."""
        return name(start(window) + self.seconds)


def name(moment: int) -> str:
    """Return the window that starts at a moment, in seconds since 1970."""
    return time.strftime(_NAME, time.gmtime(moment))


def start(window: str) -> int:
    """Return when a window starts, in seconds since 1970.

    Raises
    ------
    ValueError
        When it is no window's name.
    """
    return timegm(time.strptime(window, _NAME))
