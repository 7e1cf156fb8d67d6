"""Quiet hours, by the clocks of real places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.notifications.models import QuietHours
from mobile.notifications.quiet import NeverOver, UnknownZone, checked, end_of

NIGHT = QuietHours("22:00", "07:00", "Europe/Vienna")
ZONES = ["Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
TIMES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-21T21:30", "2026-11-22T06:00"),  # 22:30 in Vienna
        ("2026-11-22T05:59", "2026-11-22T06:00"),
        ("2026-11-22T06:00", None),
        ("2026-11-21T20:59", None),
        ("2026-07-01T20:00", "2026-07-02T05:00"),  # summer time
        ("2026-10-24T21:00", "2026-10-25T06:00"),  # the night that has an hour more
        ("2026-03-28T22:00", "2026-03-29T05:00"),  # and the one that has one less
    ],
)
def test_a_night_ends_in_the_morning(now: str, end: str | None) -> None:
    assert end_of(NIGHT, at(now)) == (at(end) if end else None)


def test_a_rest_at_noon_ends_on_the_same_day() -> None:
    rest = QuietHours("12:00", "14:00", "America/New_York")

    assert end_of(rest, at("2026-11-21T17:30")) == at("2026-11-21T19:00")
    assert end_of(rest, at("2026-11-21T16:59")) is None


def test_an_end_that_the_clock_skips_is_right_after_the_gap() -> None:
    hours = QuietHours("22:00", "02:30", "Europe/Vienna")  # 02:00 to 03:00 is not there on 2026-03-29

    assert end_of(hours, at("2026-03-28T23:00")) == at("2026-03-29T01:30")


def test_who_has_none_is_in_none() -> None:
    assert end_of(None, at("2026-11-21T21:30")) is None


@given(
    st.integers(1577836800, 2114380800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from(ZONES),
    st.sampled_from(TIMES),
    st.sampled_from(TIMES),
)
def test_they_always_end_and_soon(now: datetime, zone: str, since: str, until: str) -> None:
    if since == until:
        return
    end = end_of(QuietHours(since, until, zone), now)

    if end is not None:
        assert now < end <= now + timedelta(hours=49)


@pytest.mark.parametrize(
    "name", ["Europe/Atlantis", "Europe", "../etc/passwd", "/etc/passwd", "Europe/", "a\0b", "\udcff", " "]
)
def test_a_zone_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownZone) as refused:
        checked(QuietHours("22:00", "07:00", name))

    assert refused.value.errors[0].field == "/quiet_hours/time_zone"


def test_quiet_hours_end() -> None:
    with pytest.raises(NeverOver):
        checked(QuietHours("07:00", "07:00", "UTC"))
