from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import ids


def test_an_id_is_a_uuid_of_version_7_and_the_rfc_variant() -> None:
    made = uuid.UUID(ids.uuid7())

    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_an_id_begins_with_the_milliseconds_since_1970() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(ids.uuid7())
    after = time.time_ns() // 1_000_000

    assert before <= made.int >> 80 <= after + 1


def test_ids_rise_within_a_millisecond() -> None:
    made = [ids.uuid7() for _ in range(20_000)]

    assert made == sorted(set(made))


def test_ids_rise_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids.uuid7()

    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert before < ids.uuid7() < ids.uuid7()


def test_ids_rise_when_the_random_part_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    last_of_its_millisecond = (1 << 122) - 1
    monkeypatch.setattr(ids, "_last", last_of_its_millisecond - (1 << 74))
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    made = [ids.uuid7() for _ in range(3)]

    assert made == sorted(made)
    assert all(ids.is_uuid7(text) for text in made)


def test_ids_are_unique_across_threads() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: ids.uuid7(), range(4_000)))

    assert len(set(made)) == 4_000


def test_what_uuid7_makes_is_a_uuid7() -> None:
    assert ids.is_uuid7(ids.uuid7())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0fd59c36-0c1f-4923-8b00-a9243ee0cbc2",  # version 4
        "01a1fcd3-00cb-78dc-b25a-3dc83bde83d1\n",
        "01A1FCD3-00CB-78DC-B25A-3DC83BDE83D1",
        "{01a1fcd3-00cb-78dc-b25a-3dc83bde83d1}",
        "01a1fcd300cb78dcb25a3dc83bde83d1",
        "01a1fcd3-00cb-78dc-c25a-3dc83bde83d1",
    ],
)
def test_other_spellings_and_versions_are_not(text: str) -> None:
    assert not ids.is_uuid7(text)


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert ids.is_uuid7(text) is False
