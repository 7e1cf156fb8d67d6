"""From the API's parameters to a query, and from what is found to the API's answer."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.search.asking import EXCERPT, Parameters, answer, excerpt
from mobile.search.models import WINDOW, Found, Hit, Mark, Query, Terms
from mobile.search.words import parse, words
from shared.cursors import Cursors
from shared.problems import BadRequest
from tests.search.posts import post


class Recorder:
    """A finder of so many posts, that keeps what it was asked."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.asked: list[Query] = []

    def search(self, query: Query) -> Found:
        self.asked.append(query)
        count = max(0, min(query.limit, self.total - query.skip))
        return Found(tuple(Hit(post("tea"), 1.23456, ()) for _ in range(count)), self.total, ())


cursors = Cursors("a key that has sixteen characters", "search")


def ask(finder: Recorder, member: str = "ann", **parameters: object) -> tuple[int, str | None]:
    page = answer(member, Parameters(**parameters), finder, cursors)  # type: ignore[arg-type]
    return len(page.hits), page.next_cursor


class TestPages:
    def test_they_go_on_where_the_last_ended_and_at_the_same_time(self) -> None:
        finder = Recorder(45)

        sizes: list[int] = []
        cursor = None
        while not sizes or cursor:
            size, cursor = ask(finder, q="tea", cursor=cursor)
            sizes.append(size)

        assert sizes == [20, 20, 5]
        assert [query.skip for query in finder.asked] == [0, 20, 40]
        assert len({query.as_of for query in finder.asked}) == 1

    def test_they_end_where_a_search_is_too_wide(self) -> None:
        finder = Recorder(100_000)

        sizes: list[int] = []
        cursor = None
        while not sizes or cursor:
            size, cursor = ask(finder, limit=40, cursor=cursor)
            sizes.append(size)

        assert sum(sizes) == WINDOW

    @pytest.mark.parametrize("other", [{"q": "cup"}, {"q": "tea", "tags": "blue"}, {}])
    def test_a_cursor_is_of_one_search(self, other: dict[str, str]) -> None:
        finder = Recorder(45)
        _, cursor = ask(finder, q="tea")

        with pytest.raises(BadRequest) as refusal:
            ask(finder, cursor=cursor, **other)

        assert refusal.value.errors[0].field == "cursor"

    def test_a_cursor_is_of_one_member(self) -> None:
        finder = Recorder(45)
        _, cursor = ask(finder, "ann", q="tea")

        with pytest.raises(BadRequest):
            ask(finder, "ben", q="tea", cursor=cursor)

    def test_a_page_may_be_longer_than_the_last(self) -> None:
        finder = Recorder(45)
        _, cursor = ask(finder, limit=5)

        assert ask(finder, limit=50, cursor=cursor) == (40, None)


class TestParameters:
    def test_they_make_the_query(self) -> None:
        finder = Recorder(0)

        ask(
            finder,
            q='blue "tea pot" cu* -red',
            tags="tea, oil,tea",
            since="2026-01-01",
            until="2026-01-01T00:00:01Z",
        )

        [query] = finder.asked
        assert query.member == "ann"
        assert query.terms == Terms(("blue",), ("cu",), (("tea", "pot"),), ("red",))
        assert query.tags == ("tea", "oil")
        assert (query.until or 0) - (query.since or 0) == 1000

    @pytest.mark.parametrize(
        ("parameters", "field"),
        [
            ({"q": "☕ !"}, "q"),
            ({"q": '""'}, "q"),
            ({"q": "x" * 201}, "q"),
            ({"q": "a b c d e f g h i j k l m"}, "q"),
            ({"tags": "tea,,oil"}, "tags"),
            ({"tags": " "}, "tags"),
            ({"tags": ",".join(map(str, range(11)))}, "tags"),
            ({"since": "yesterday"}, "since"),
            ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
            ({"until": "1969-12-31"}, "until"),
            ({"cursor": "x"}, "cursor"),
        ],
    )
    def test_what_does_not_fit_is_named(self, parameters: dict[str, str], field: str) -> None:
        finder = Recorder(0)

        with pytest.raises(BadRequest) as refusal:
            ask(finder, **parameters)

        assert [error.field for error in refusal.value.errors] == [field]
        assert finder.asked == []

    @given(st.text(max_size=200))
    def test_any_text_is_understood_or_refused(self, text: str) -> None:
        with contextlib.suppress(BadRequest):
            assert parse(text) != Terms()


class TestExcerpts:
    @given(st.text(alphabet="ab \u0301é🫖\n", max_size=900), st.data())
    def test_they_are_parts_of_the_text_with_the_first_mark_and_not_longer_than_allowed(
        self, text: str, data: st.DataObject
    ) -> None:
        all_marks = [Mark(start, end) for start, end, _ in words(text)]
        marks = tuple(mark for mark in all_marks if data.draw(st.booleans()))

        runs = excerpt(text, marks)

        told = "".join(run.text for run in runs)
        inner = told.removeprefix("… ").removesuffix(" …")
        assert inner in text
        assert len(inner) <= EXCERPT
        assert told == text or len(text) > EXCERPT
        if marks:
            first = next(run.text for run in runs if run.hit)
            assert text[marks[0].start : marks[0].end].startswith(first)

    def test_a_hit_is_told_from_what_is_around_it(self) -> None:
        runs = excerpt("a blue <b>cup</b>", (Mark(2, 6), Mark(10, 13)))

        assert [(run.text, run.hit) for run in runs] == [
            ("a ", False),
            ("blue", True),
            (" <b>", False),
            ("cup", True),
            ("</b>", False),
        ]

    def test_scores_are_told_with_four_digits(self) -> None:
        assert answer("ann", Parameters(q="tea"), Recorder(1), cursors).hits[0].score == 1.2346
