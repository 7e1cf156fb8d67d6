"""What cannot be counted is with the failures, with the reason and all that it takes to put it back."""

from __future__ import annotations

import json
from base64 import b64encode
from binascii import a2b_base64
from typing import Any, cast

import pybase64
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tables import Table
from stream.counting import Aggregator, Taken
from stream.posts import Bounds, Span, read
from stream.windows import Windows
from tests.unit.stream.fakes import FakeTrendsTable
from tests.unit.stream.shards import STREAM, Failures, aggregated, counted, moment, post, record

BOUNDS = Bounds(late=86400, early=300)
WINDOW = "2026-01-02T12:00:00Z"
GOOD = [post("good-1", 1, "#sun"), post("good-2", 2, "#sun #sea")]
DEEP = b'{"post_id": "p", "created_at": "2026-01-02T12:00:00Z", "text": "", "more": ' + b"[" * 500_000
A_MEGABYTE = 1024 * 1024


def told(**more: Any) -> bytes:
    return json.dumps({"post_id": "p", "created_at": moment(0), "text": "#x", **more}).encode()


BAD = {
    "empty": (b"", "EMPTY"),
    "white space": (b" \n", "NOT_JSON"),
    "truncated": (GOOD[0][:-5], "NOT_JSON"),
    "two in one": (GOOD[0] + GOOD[1], "NOT_JSON"),
    "two with a comma": (GOOD[0] + b"," + GOOD[1], "NOT_JSON"),
    "not UTF-8": (b"\xff\xfe" + GOOD[0], "NOT_UTF8"),
    "not UTF-8 in the text": (GOOD[0].replace(b"sun", b"s\xfcn"), "NOT_UTF8"),
    "UTF-16": (GOOD[0].decode().encode("utf-16"), "NOT_UTF8"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD[0], "NOT_JSON"),
    "half a surrogate pair": (GOOD[0].replace(b"sun", b"\\ud83d"), "NOT_JSON"),
    "an array": (b"[]", "WRONG_SHAPE"),
    "null": (b"null", "WRONG_SHAPE"),
    "no id": (b'{"created_at": "2026-01-02T12:00:00Z", "text": ""}', "WRONG_SHAPE"),
    "an empty id": (told(post_id=""), "WRONG_SHAPE"),
    "a long id": (told(post_id="x" * 65), "WRONG_SHAPE"),
    "an id that is a number": (told(post_id=7), "WRONG_SHAPE"),
    "a text that is a list": (told(text=["#x"]), "WRONG_SHAPE"),
    "a time that is a number": (told(created_at=1767355200), "WRONG_SHAPE"),
    "a time without an offset": (told(created_at="2026-01-02T12:00:00"), "WRONG_SHAPE"),
    "a 30th of February": (told(created_at="2026-02-30T12:00:00Z"), "WRONG_SHAPE"),
    "a time that is none": (told(created_at="yesterday"), "WRONG_SHAPE"),
    "the year 1": (told(created_at="0001-01-01T00:00:00Z"), "TOO_LATE"),
    "the year 9999": (told(created_at="9999-12-31T23:59:59Z"), "FROM_THE_FUTURE"),
    "a second too late": (told(created_at=moment(60 - 86401)), "TOO_LATE"),
    "a second too early": (told(created_at=moment(60 + 301)), "FROM_THE_FUTURE"),
    "a megabyte of bytes": (b"\x80" * A_MEGABYTE, "NOT_UTF8"),
    "a megabyte of text": (told(text="#a" + "x" * (A_MEGABYTE - 200)), "WRONG_SHAPE"),
    "a million bytes of hashtags": (told(text="#a " * 330_000), "WRONG_SHAPE"),
    "half a million brackets": (DEEP, "TOO_DEEP"),
    "a damaged aggregate": (aggregated([("k", GOOD[0])])[:-30], "DAMAGED_AGGREGATE"),
}


def take(records: list[dict[str, Any]]) -> tuple[Taken, FakeTrendsTable, Failures]:
    table, failures = FakeTrendsTable(), Failures()
    aggregator = Aggregator(cast("Table", table), failures, Windows(60), BOUNDS, keep=86400)
    return aggregator.take(records), table, failures


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("together", [False, True])
def test_it_is_rejected_with_its_reason_and_its_neighbours_are_counted(name: str, together: bool) -> None:
    data, reason = BAD[name]
    if together and reason == "DAMAGED_AGGREGATE":
        reason = "NOT_UTF8"  # an aggregate in an aggregate is none
    parts = [GOOD[0], data, GOOD[1]]
    if together:
        records = [record(aggregated([(f"key-{number}", part) for number, part in enumerate(parts)]))]
    else:
        records = [record(part, key=f"key-{number}") for number, part in enumerate(parts)]

    taken, table, failures = take(records)

    assert taken == Taken(2, 0, taken.rejected, None, None)
    assert taken.rejected == {reason: 1}
    assert counted(table) == {(WINDOW, "sun"): 2, (WINDOW, "sea"): 1}
    [(key, found)] = failures.objects.items()
    where = records[0 if together else 1]
    number = 1 if together else 0
    sequence = where["kinesis"]["sequenceNumber"]
    assert key == f"rejected/posts/shardId-000000000000/{sequence}.{number}-{sequence}.{number}.json"
    assert found["KinesisBatchInfo"]["streamArn"] == STREAM
    assert found["KinesisBatchInfo"]["shardId"] == "shardId-000000000000"
    [why] = found["rejections"]
    assert (why["sequenceNumber"], why["subSequenceNumber"], why["reason"]) == (sequence, number, reason)
    [kept] = json.loads(found["payload"])["Records"]
    assert kept["kinesis"]["partitionKey"] == "key-1"
    assert kept["eventSourceARN"] == STREAM
    assert failures.data == {data}


TEXT = b64encode(post("p", 3, "#sky >>>??? ")).decode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TEXT.rstrip("="), "NOT_BASE64"),
        (TEXT[:-5], "NOT_BASE64"),
        (f"é{TEXT[1:]}", "NOT_BASE64"),
        (f"{TEXT[:9]}!{TEXT[10:]}", "NOT_BASE64"),
        (
            TEXT.replace("+", "-").replace("/", "_"),
            "NOT_UTF8",
        ),  # of the other alphabet, what both have is read
        ("", "EMPTY"),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_an_event_whose_base64_is_broken_loses_nothing_but_that_record(
    text: str, reason: str, together: bool
) -> None:
    records = [record(aggregated([("k", data)]) if together else data) for data in [GOOD[0], b"", GOOD[1]]]
    records[1]["kinesis"]["data"] = text

    taken, table, failures = take(records)

    assert taken == Taken(2, 0, taken.rejected, None, None)
    assert counted(table) == {(WINDOW, "sun"): 2, (WINDOW, "sea"): 1}
    assert failures.reasons == {(records[1]["kinesis"]["sequenceNumber"], 0, reason): 1}


def test_a_line_break_in_base64_is_passed_over() -> None:
    records = [record(data) for data in GOOD]
    records[0]["kinesis"]["data"] = (
        f"{records[0]['kinesis']['data'][:40]}\n{records[0]['kinesis']['data'][40:]}"
    )

    taken, _, _ = take(records)

    assert taken.counted == 2


@given(st.binary(max_size=60), st.text("AZaz09+/=-_ \n!é\0", max_size=6), st.data())
def test_what_the_strict_decoder_takes_the_lenient_one_reads_alike(
    data: bytes, noise: str, where: st.DataObject
) -> None:
    text = b64encode(data).decode()
    at = where.draw(st.integers(0, len(text)))
    text = text[:at] + noise + text[at + where.draw(st.integers(0, len(noise))) :]
    try:
        found = pybase64.b64decode(text, None, True)
    except ValueError:
        return

    assert found == a2b_base64(text)
    assert len(text) % 4 == 0


def test_a_reason_does_not_quote_the_post() -> None:
    secret = "hunter2"
    records = [
        record(told(text=[secret])),
        record(told(created_at=secret)),
        record(told(post_id=secret * 20)),
        record(secret.encode()),
    ]

    _, _, failures = take(records)

    [found] = failures.objects.values()
    assert len(found["rejections"]) == 4
    assert secret not in json.dumps(found["rejections"])


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+09:00", "-03:30"])
def test_any_offset_and_precision_is_in_its_own_window(offset: str) -> None:
    hours = {"Z": "12:00", "+00:00": "12:00", "+09:00": "21:00", "-03:30": "08:30"}[offset]
    records = [
        record(told(post_id=f"p{digits}", created_at=f"2026-01-02T{hours}:30{digits}{offset}"))
        for digits in ("", ".1", ".123456")
    ]

    _, table, _ = take(records)

    assert counted(table) == {(WINDOW, "x"): 3}


def test_as_many_hashtags_as_a_text_can_hold_are_counted() -> None:
    text = " ".join(f"#{number:x}z" for number in range(4500))[:25_000]

    taken, table, _ = take([record(told(text=text))])

    assert taken.counted == 1
    assert counted(table) == {
        (WINDOW, f"{number:x}z"): 1 for number in range(4500) if f"#{number:x}z " in text + " "
    }


@given(
    st.lists(
        st.sampled_from([*GOOD, *(data for data, _ in BAD.values() if len(data) < 1000)]),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
    st.data(),
)
def test_the_quick_reading_and_the_careful_one_agree_on_every_part(
    parts: list[bytes], together: bool, data: st.DataObject
) -> None:
    good = [record(part) for part in GOOD]
    if together:
        records = [record(aggregated([(str(number), part) for number, part in enumerate(parts)]))]
    else:
        records = [record(part) for part in parts]
    skip = data.draw(st.integers(0, len(parts)), label="skip") if together else 0
    stop = data.draw(st.none() | st.integers(skip, len(parts)), label="stop") if together else None

    alone = read(Span(records, skip, stop), BOUNDS)
    among = read(Span([*records, *good], skip), BOUNDS) if stop is None else alone

    assert [part.data for part in among.rejected] == [part.data for part in alone.rejected]
    if stop is None:
        assert among.posts == [*alone.posts, *read(Span(good), BOUNDS).posts]
    chosen = parts[skip:stop]
    assert len(alone.posts) + len(alone.rejected) == len(chosen)
