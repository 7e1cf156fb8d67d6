from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cursors import Cursors, Position
from shared.problems import BadRequest

KEY = "f2a0c1de-0000-11ef-9999-0a1b2c3d4e5f"
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

cursors = Cursors(KEY, "listOrders")
callers = st.text(min_size=1, max_size=40)
positions: st.SearchStrategy[Position] = st.dictionaries(
    st.text(min_size=1, max_size=20), st.text(max_size=60) | st.integers(-(2**63), 2**63 - 1), max_size=3
)


def refused(cursor: str, caller: str = "m-1", reader: Cursors = cursors) -> bool:
    """Say whether the cursor is refused."""
    try:
        reader.read(caller, cursor)
    except BadRequest:
        return True
    return False


@given(callers, positions)
def test_a_cursor_gives_back_its_position_to_its_caller(caller: str, position: Position) -> None:
    assert cursors.read(caller, cursors.issue(caller, position)) == position


@given(callers, positions)
def test_a_cursor_can_stand_in_a_url_as_it_is(caller: str, position: Position) -> None:
    assert set(cursors.issue(caller, position)) <= set(URL_SAFE)


@given(callers, callers, positions)
def test_a_cursor_is_refused_from_another_caller(caller: str, other: str, position: Position) -> None:
    assert refused(cursors.issue(caller, position), other) == (caller != other)


@given(callers, positions)
def test_a_cursor_is_refused_by_another_operation_and_under_another_key(
    caller: str, position: Position
) -> None:
    cursor = cursors.issue(caller, position)

    assert refused(cursor, caller, Cursors(KEY, "listReturns"))
    assert refused(cursor, caller, Cursors(KEY.upper(), "listOrders"))


def test_operation_and_caller_cannot_run_into_each_other() -> None:
    cursor = Cursors(KEY, "list").issue("Ordersm-1", {"order_id": "1"})

    assert refused(cursor, "m-1", Cursors(KEY, "listOrders"))


@given(positions, st.data())
def test_a_cursor_with_any_character_changed_is_refused(position: Position, data: st.DataObject) -> None:
    cursor = cursors.issue("m-1", position)
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from(URL_SAFE).filter(lambda character: character != cursor[at]))

    assert refused(cursor[:at] + other + cursor[at + 1 :])


@given(positions, st.integers(1, 60))
def test_a_shortened_or_lengthened_cursor_is_refused(position: Position, by: int) -> None:
    cursor = cursors.issue("m-1", position)

    assert refused(cursor[:-by])
    assert refused(cursor + "A" * by)
    assert refused(cursor + "=" * by)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    assert refused(text)


def test_a_refusal_names_the_cursor() -> None:
    with pytest.raises(BadRequest) as raised:
        cursors.read("m-1", "not-a-cursor")

    assert [error.field for error in raised.value.errors] == ["cursor"]


def test_an_endless_cursor_is_refused_unread() -> None:
    assert refused("A" * 10_000_000)


@pytest.mark.parametrize("key", ["", "short"])
def test_a_key_that_could_be_guessed_is_refused_at_start(key: str) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        Cursors(key, "listOrders")
