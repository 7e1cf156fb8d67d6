"""Quiet hours: by the member's own clock, summer time and all.

Time zones are the IANA database's as the dependencies layer ships it (PyPI's tzdata), not the operating
system's, so that they are the same everywhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from shared.problems import BadRequest, FieldError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mobile.notifications.models import QuietHours


class UnknownZone(BadRequest):
    """The time zone is none of the IANA database."""

    def __init__(self) -> None:
        super().__init__(
            "The time zone is not known.",
            [FieldError("/quiet_hours/time_zone", "is no name of the IANA time zone database")],
        )


class NeverOver(BadRequest):
    """Quiet hours begin when they end."""

    def __init__(self) -> None:
        super().__init__(
            "Quiet hours have to end.", [FieldError("/quiet_hours/until", "has to differ from `from`")]
        )


def checked(hours: QuietHours) -> QuietHours:
    """Return quiet hours that can be kept.

    Raises
    ------
    UnknownZone, NeverOver
        When they cannot.
    """
    if hours.since == hours.until:
        raise NeverOver
    try:
        _zone(hours.time_zone)
    except (KeyError, ValueError, OSError):  # not there, no name at all, or a folder's
        raise UnknownZone from None
    return hours


def end_of(hours: QuietHours | None, now: datetime) -> datetime | None:
    """Return when the quiet hours end that it is in at a moment, or None when it is in none.

    Parameters
    ----------
    hours
        A member's quiet hours; None where there are none.
    now
        The moment, in UTC.
    """
    if hours is None:
        return None
    zone = _zone(hours.time_zone)
    here = now.astimezone(zone)
    since, until, at = time.fromisoformat(hours.since), time.fromisoformat(hours.until), here.time()
    if not (since <= at < until if since < until else at >= since or at < until):
        return None
    # Clocks that are set back show a time twice, and those set forward skip some: then it is the next day's.
    days = (here.date() + timedelta(days=day) for day in range(3))
    ends = (datetime.combine(day, until, zone).astimezone(UTC) for day in days)
    return next(end for end in ends if end > now)


def _zone(name: str) -> ZoneInfo:
    import zoneinfo  # noqa: PLC0415 - who has no quiet hours needs none of it

    if zoneinfo.TZPATH:
        zoneinfo.reset_tzpath(())
    return zoneinfo.ZoneInfo(name)
