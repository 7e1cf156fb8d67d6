"""Made-up posts: the same from the same seed, as skewed as asked for, and told from what is no post."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.producer.posts import Wanted, lines
from loadtests.producer.records import Kind, post_of, records

BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WANTED = Wanted(2_000, BEGIN, duplicates=0.05, poison=0.02)


def test_the_same_seed_makes_the_same_lines_and_another_makes_others() -> None:
    assert list(lines(WANTED)) == list(lines(WANTED))
    assert not set(lines(WANTED)) & set(lines(replace(WANTED, seed=2)))


def test_other_settings_make_other_posts_even_at_the_same_moment() -> None:
    """A longer file of later posts passes, at some post, the moment of the same one in a shorter file."""

    def ids(wanted: Wanted) -> set[str]:
        return {post["post_id"][14:] for line in lines(wanted) if (post := post_of(line))}

    assert not ids(WANTED) & ids(replace(WANTED, posts=4_000))
    assert not ids(WANTED) & ids(replace(WANTED, begin=BEGIN + timedelta(seconds=1)))


def test_every_line_is_what_it_was_made_as() -> None:
    kinds = Counter(record.kind for record in records(lines(WANTED)))

    assert kinds[Kind.POST] == 2_000
    assert 70 < kinds[Kind.DUPLICATE] < 140
    assert 20 < kinds[Kind.POISON] < 70


def test_a_post_is_of_its_time_and_lists_the_hashtags_of_its_text() -> None:
    for line in lines(replace(WANTED, poison=0.0)):
        post = json.loads(line)
        created = datetime.fromisoformat(post["created_at"])
        assert BEGIN <= created <= BEGIN + timedelta(seconds=WANTED.seconds)
        assert len(set(post["hashtags"])) == len(post["hashtags"])
        signed = [
            word[1:] for word in post["text"].split() if word[0] in "#\uff03" and not word[1:].isdigit()
        ]
        assert sorted(word.casefold() for word in signed) == sorted(post["hashtags"])


@pytest.mark.parametrize(("skew", "least", "most"), [(0.0, 0.0, 0.05), (1.0, 0.1, 0.4), (2.0, 0.5, 0.8)])
def test_the_first_hashtag_and_author_are_as_common_as_the_skew_says(
    skew: float, least: float, most: float
) -> None:
    wanted = replace(WANTED, hashtag_skew=skew, author_skew=skew, hashtags=100, authors=100)
    posts = [post for line in lines(wanted) if (post := post_of(line))]

    for counts in (
        Counter(tag for post in posts for tag in post["hashtags"]),
        Counter(post["author"] for post in posts),
    ):
        assert least < counts.most_common(1)[0][1] / counts.total() < most


def test_a_duplicate_has_the_key_of_the_post_it_repeats() -> None:
    keys: dict[bytes, set[str]] = {}
    for record in records(lines(WANTED)):
        keys.setdefault(record.data, set()).add(record.key)

    assert {len(each) for each in keys.values()} == {1}


def test_the_author_may_be_the_key() -> None:
    made = [record for record in records(lines(WANTED), "author") if record.kind is not Kind.POISON]

    assert {record.key for record in made} == {json.loads(record.data)["author"] for record in made}


@pytest.mark.parametrize(
    "line",
    [
        b"x",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        b'{"post_id":"","created_at":"","text":""}',
        b'{"post_id":"' + b"x" * 65 + b'","created_at":"","text":""}',
        b'{"post_id":"\\ud800","created_at":"","text":""}',
        b'{"post_id":1,"created_at":"","text":""}',
    ],
    ids=lambda line: line[:20].decode(errors="replace"),
)
def test_what_is_no_post_is_poison_under_a_key_of_its_own(line: bytes) -> None:
    (one,) = records([line + b"\r\n", b"\n"])

    assert (one.data, one.kind) == (line, Kind.POISON)
    assert 0 < len(one.key) <= 256


@given(st.lists(st.binary(min_size=1).filter(lambda line: line.strip(b"\r\n") == line)))
def test_every_line_of_whatever_file_goes_out_as_it_is(given_lines: list[bytes]) -> None:
    assert [record.data for record in records(given_lines)] == given_lines
