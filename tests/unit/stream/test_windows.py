"""Windows follow one another, and their names sort as they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.windows import Windows, name, start

MOMENTS = st.floats(0, 4e9, allow_nan=False)
LENGTHS = st.sampled_from([10, 30, 60, 300, 900, 3600])


@given(LENGTHS, MOMENTS)
def test_a_moment_is_in_one_window(seconds: int, moment: float) -> None:
    windows = Windows(seconds)
    window = windows.holding(moment)

    assert start(window) <= moment < start(windows.following(window))


@given(LENGTHS, MOMENTS, MOMENTS)
def test_names_sort_as_time(seconds: int, one: float, other: float) -> None:
    windows = Windows(seconds)

    assert (windows.holding(one) < windows.holding(other)) == (one // seconds < other // seconds)


@given(LENGTHS, MOMENTS)
def test_a_day_begins_with_a_window(seconds: int, moment: float) -> None:
    day = moment // 86400 * 86400

    assert Windows(seconds).holding(day) == name(int(day))


def test_a_length_that_no_day_is_made_of_is_refused() -> None:
    with pytest.raises(ValueError, match="no whole number"):
        Windows(7)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-02", "2026-02-30T00:00:00Z"])
def test_what_names_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not match|out of range|day"):
        start(text)
