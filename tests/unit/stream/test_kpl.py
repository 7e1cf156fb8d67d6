"""What was put together is taken apart again, and what is damaged is told from it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream import kpl
from tests.unit.stream.shards import aggregated, field, varint

JSONLIKE = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=400).map(str.encode)
KEYS = st.text(max_size=60) | st.sampled_from(["a" * 26, "\x1a", "b" * 200])
PARTS = st.lists(st.tuples(KEYS, JSONLIKE | st.binary(max_size=300)), max_size=60)


@given(PARTS, st.booleans())
def test_every_record_comes_out_as_it_went_in(parts: list[tuple[str, bytes]], hash_key: bool) -> None:
    record = aggregated(parts, hash_key)

    assert [tuple(part) for part in kpl.parts(record)] == parts


@given(PARTS, st.data())
def test_no_damage_gives_part_of_a_record(parts: list[tuple[str, bytes]], data: st.DataObject) -> None:
    record = aggregated(parts)
    cut = data.draw(st.integers(0, len(record)))

    try:
        found = [part.data for part in kpl.parts(record[:cut])]
    except kpl.Damaged:
        return
    # What is left happens to end where a record did.
    assert found == [each for _, each in parts][: len(found)]


OBJECTS = st.dictionaries(st.text(max_size=5), st.text(max_size=80) | st.integers(), max_size=4).map(
    lambda value: json.dumps(value, ensure_ascii=False).encode()
)


@given(st.lists(OBJECTS, min_size=1, max_size=200), st.booleans())
def test_objects_come_out_as_lines_all_at_once(objects: list[bytes], hash_key: bool) -> None:
    record = aggregated([(f"{number:019}", data) for number, data in enumerate(objects)], hash_key)

    found = kpl.lines(record)

    if not hash_key:  # a table of hash keys is looked at field by field
        assert found is not None
        text, count = found
        assert count == len(objects)
        assert text.split(b"\n")[1:] == objects


@given(st.lists(OBJECTS | st.sampled_from([b"", b"[]", b"\xff", b"7", b" {}"]), min_size=1, max_size=40))
def test_lines_that_read_as_json_are_what_was_put_together(data: list[bytes]) -> None:
    record = aggregated([(f"{number:019}", each) for number, each in enumerate(data)])
    found = kpl.lines(record)
    if found is None:
        return
    text, count = found

    try:
        read = [json.loads(line) for line in text.split(b"\n")[1:]]
    except ValueError:
        return
    if len(read) == count:
        assert read == [json.loads(each) for each in data]


@given(st.lists(OBJECTS, min_size=1, max_size=40), st.data())
def test_lines_of_what_was_cut_off_are_those_before(objects: list[bytes], data: st.DataObject) -> None:
    record = aggregated([(f"{number:019}", each) for number, each in enumerate(objects)])
    found = kpl.lines(record[: data.draw(st.integers(0, len(record)))])
    if found is None:
        return
    # A head that was begun is no line: its index may be a line feed, and no JSON has its first byte.
    _, *whole_ones, last = found[0].partition(b"\x1a")[0].split(b"\n")

    assert whole_ones == objects[: len(whole_ones)]
    assert objects[len(whole_ones)].startswith(last)


def whole(message: bytes) -> bytes:
    return kpl.MAGIC + message + bytes(16)


KEY = field(1, b"key")


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (whole(KEY + field(3, field(1, 1) + field(3, b"{}"))), "not in the table"),
        (whole(KEY + field(3, field(1, 0))), "no data"),
        (whole(KEY + field(3, field(1, 0) + field(3, 7))), "no data"),
        (whole(KEY + field(3, 7)), "no data"),
        (whole(field(1, b"\xff") + field(3, field(1, 0) + field(3, b"{}"))), "not UTF-8"),
        (whole(field(9, b"?")), "no field 9"),
        (whole(varint(3 << 3 | 3)), "wire type"),
        (whole(varint(3 << 3 | 2) + varint(99) + b"x"), "beyond the end"),
        (whole(b"\xff" * 30), "does not end"),
        (whole(b"\x1a"), "does not end"),
    ],
)
def test_damage_is_told(record: bytes, why: str) -> None:
    with pytest.raises(kpl.Damaged, match=why):
        kpl.parts(record)


def test_fields_of_a_fixed_size_are_passed_over() -> None:
    tagged = field(1, 0) + varint(4 << 3 | 1) + bytes(8) + varint(4 << 3 | 5) + bytes(4) + field(3, b"{}")

    assert kpl.parts(whole(KEY + field(3, tagged))) == [("key", b"{}")]


def test_one_damaged_length_among_many_is_noticed() -> None:
    record = bytearray(aggregated([(f"k{number}", b'{"n": %d}' % number) for number in range(50)]))
    at = record.index(b'{"n": 30}')
    record[at - 1] += 1

    with pytest.raises(kpl.Damaged):
        kpl.parts(bytes(record))
