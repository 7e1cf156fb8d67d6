"""What every engine has to do. A test class of an engine inherits this and gives the fixture `engine`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mobile.search.models import Change, Facet, Post
from tests.search.engines import Engine
from tests.search.posts import ANN, AS_OF, BEN, post

DAY = timedelta(days=1)


def fill(engine: Engine, *posts: Post) -> None:
    engine.apply(*(Change.written(each, 1) for each in posts))


class SearchContract:
    @pytest.mark.parametrize("asked", ["running", "run", "RUNS", "ruñning"])
    def test_words_are_met_by_their_stem_in_any_case_and_with_any_accents(
        self, engine: Engine, asked: str
    ) -> None:
        fill(engine, post("She runs a shop"), post("We walk"))

        assert engine.texts(asked) == ["She runs a shop"]

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("teapot", True),
            ("teapto", True),  # swapped
            ("taepto", False),  # six letters: one mistake
            ("tepot", True),  # left out
            ("teappot", True),  # added
            ("teabot", True),  # changed
            ("teaboo", False),
        ],
    )
    def test_a_typing_mistake_is_tolerated(self, engine: Engine, asked: str, found: bool) -> None:
        fill(engine, post("one teapot for all"))

        assert engine.texts(asked) == ["one teapot for all"] * found

    @pytest.mark.parametrize(("asked", "found"), [("cup", True), ("cap", False), ("cupp", True)])
    def test_a_short_word_has_to_be_right(self, engine: Engine, asked: str, found: bool) -> None:
        fill(engine, post("a cup"))

        assert engine.texts(asked) == ["a cup"] * found

    def test_a_long_word_may_have_two_mistakes(self, engine: Engine) -> None:
        fill(engine, post("porcelain from Meissen"))

        assert engine.texts("porcalian") == ["porcelain from Meissen"]
        assert engine.texts("parcalian") == []

    def test_a_right_word_comes_before_a_near_one(self, engine: Engine) -> None:
        right, near = post("a teapot", age=300 * DAY), post("a teapat", age=timedelta(minutes=1))
        fill(engine, right, near)

        assert engine.texts("teapot") == ["a teapot", "a teapat"]

    def test_a_prefix_is_met_by_what_begins_so(self, engine: Engine) -> None:
        fill(engine, post("gardening"), post("a Garden"), post("regard"))

        assert set(engine.texts("gard*")) == {"gardening", "a Garden"}
        assert engine.texts("gardn*") == []

    def test_a_phrase_is_met_in_a_row_as_it_stands(self, engine: Engine) -> None:
        fill(engine, post("the blue China cup"), post("china, so blue"), post("blue chinas"))

        assert engine.texts('"blue china"') == ["the blue China cup"]
        assert engine.texts('"cup"') == ["the blue China cup"]

    def test_every_word_is_needed_and_excluded_ones_are_not_there(self, engine: Engine) -> None:
        fill(engine, post("blue cup"), post("blue cups, broken"), post("red cup"))

        assert engine.texts("blue cup -breaks -broken") == ["blue cup"]

    def test_tags_have_to_be_there_all_of_them(self, engine: Engine) -> None:
        fill(engine, post("one", "tea", "blue"), post("two", "tea"), post("three", "teapots"))

        assert engine.texts(tags=("tea",)) == ["two", "one"]
        assert engine.texts(tags=("tea", "blue")) == ["one"]

    def test_time_goes_from_since_to_before_until(self, engine: Engine) -> None:
        fill(engine, post("old", age=2 * DAY), post("mid", age=DAY), post("new", age=timedelta(0)))
        day = 86_400_000

        assert engine.texts(since=AS_OF - day) == ["new", "mid"]
        assert engine.texts(until=AS_OF - day) == ["old"]
        assert engine.texts(since=AS_OF - day, until=AS_OF) == ["mid"]

    def test_what_is_younger_than_the_search_is_not_found(self, engine: Engine) -> None:
        fill(engine, post("later", age=timedelta(seconds=-1)), post("now", age=timedelta(0)))

        assert engine.texts() == ["now"]

    def test_a_younger_one_of_equals_ranks_higher(self, engine: Engine) -> None:
        ages = {"hour": timedelta(hours=1), "week": 6 * DAY, "month": 29 * DAY, "year": 300 * DAY}
        fill(engine, *(post(f"tea {name}", age=age) for name, age in reversed(ages.items())))
        fill(engine, post("tea decade", age=3650 * DAY))

        assert engine.texts("tea") == ["tea hour", "tea week", "tea month", "tea year", "tea decade"]

    def test_what_fits_better_ranks_higher_than_what_is_a_bit_younger(self, engine: Engine) -> None:
        fill(engine, post("tea, and cups and plates and a good many other things", age=timedelta(hours=1)))
        fill(engine, post("tea tea tea", age=6 * DAY))

        assert engine.texts("tea")[0] == "tea tea tea"

    def test_without_words_the_newest_is_first(self, engine: Engine) -> None:
        fill(engine, *(post(str(days), age=days * DAY) for days in (3, 1, 2)))

        assert engine.texts() == ["1", "2", "3"]
        assert {hit.score for hit in engine.search().hits} == {0}

    def test_a_rare_word_weighs_more_than_a_common_one(self, engine: Engine) -> None:
        fill(engine, *(post(f"tea number{number}") for number in range(20)), post("the samovar", age=2 * DAY))
        fill(engine, post("tea samovar kettle cup plate spoon", age=2 * DAY))

        assert engine.texts("samovar")[0] == "the samovar"

    @pytest.mark.parametrize(
        ("asked", "marked"),
        [
            ("run", ["Running"]),
            ("teapt", ["teapot"]),
            ("blu*", ["blue"]),
            ('"blue teapot"', ["blue", "teapot"]),
            ("cup blue", ["cup", "blue"]),
            ("", []),
        ],
    )
    def test_the_words_that_met_the_query_are_marked(
        self, engine: Engine, asked: str, marked: list[str]
    ) -> None:
        text = "Running <b>away</b> 🫖 with a cup & a blue teapot"
        fill(engine, post(text))

        [hit] = engine.search(asked).hits

        assert [text[mark.start : mark.end] for mark in hit.marks] == marked

    def test_facets_count_the_tags_of_all_that_is_found(self, engine: Engine) -> None:
        fill(engine, post("a cup", "tea", "blue"), post("a pot", "tea"), post("a can", "oil"))
        fill(engine, post("a cup of Ben's", "secret", author=BEN, visibility="private"))

        found = engine.search("cup", limit=1)
        assert (found.total, found.facets) == (1, (Facet("blue", 1), Facet("tea", 1)))
        assert engine.search().facets == (Facet("tea", 2), Facet("blue", 1), Facet("oil", 1))

    def test_the_twenty_most_frequent_tags_are_counted(self, engine: Engine) -> None:
        fill(engine, *(post("x", *(f"tag{tag:02}" for tag in range(number, 25))) for number in range(1, 25)))

        assert [(facet.tag, facet.count) for facet in engine.search().facets] == [
            (f"tag{tag:02}", tag) for tag in range(24, 4, -1)
        ]

    def test_pages_follow_on_each_other(self, engine: Engine) -> None:
        fill(engine, *(post("the same tea") for _ in range(25)))
        fill(engine, *(post(f"tea number {number}") for number in range(5)))

        whole = [hit.post.post_id for hit in engine.search("tea", limit=50).hits]
        paged = [
            hit.post.post_id
            for skip in range(0, 30, 7)
            for hit in engine.search("tea", skip=skip, limit=7).hits
        ]

        assert paged == whole
        assert len(set(whole)) == 30

    def test_the_newest_of_equals_is_first(self, engine: Engine) -> None:
        posts = [post("the same tea") for _ in range(9)]
        fill(engine, *posts[::2])
        fill(engine, *posts[1::2])

        assert [hit.post for hit in engine.search("tea").hits] == posts[::-1]
        assert [hit.post for hit in engine.search().hits] == posts[::-1]

    def test_a_private_post_is_found_by_its_author_alone(self, engine: Engine) -> None:
        fill(engine, post("private tea", visibility="private"), post("public tea"))

        assert set(engine.texts("tea", ANN)) == {"private tea", "public tea"}
        assert engine.texts("tea", BEN) == ["public tea"]
        assert engine.texts("", BEN) == ["public tea"]

    @pytest.mark.parametrize("member", ["public", "", "*"])
    def test_no_name_of_a_member_opens_what_is_private(self, engine: Engine, member: str) -> None:
        fill(engine, post("private tea", visibility="private"))

        assert engine.texts("tea", member) == []

    def test_a_post_that_becomes_private_is_lost_to_others(self, engine: Engine) -> None:
        public = post("tea")
        private = post("tea", visibility="private", post_id=public.post_id)
        fill(engine, public)

        engine.apply(Change.written(private, 2))

        assert engine.texts("tea", BEN) == []
        assert engine.texts("tea", ANN) == ["tea"]

    def test_a_later_version_takes_the_earlier_one_s_place(self, engine: Engine) -> None:
        first = post("blue", "a")
        second = post("green", "b", post_id=first.post_id)

        engine.apply(Change.written(first, 1), Change.written(second, 2))

        assert (engine.texts("blue"), engine.texts("green")) == ([], ["green"])
        assert engine.search().facets == (Facet("b", 1),)

    def test_an_earlier_version_that_comes_late_changes_nothing(self, engine: Engine) -> None:
        first = post("blue")
        second = post("green", post_id=first.post_id)

        engine.apply(Change.written(second, 2))
        engine.apply(Change.written(first, 1))

        assert engine.texts() == ["green"]

    def test_what_is_removed_stays_so_whatever_comes_late(self, engine: Engine) -> None:
        first = post("blue")
        second = post("green", post_id=first.post_id)

        engine.apply(Change.removed(first.post_id, 2))
        engine.apply(Change.written(second, 2), Change.written(first, 1), Change.removed(first.post_id, 2))

        assert (engine.texts(), engine.search().total) == ([], 0)

    def test_the_same_changes_again_change_nothing(self, engine: Engine) -> None:
        changes = [Change.written(post(str(number)), 1) for number in range(5)]

        engine.apply(*changes, *changes)
        engine.apply(*reversed(changes))

        assert engine.search().total == 5

    def test_two_writers_at_once_lose_nothing(self, engine: Engine) -> None:
        engine.race([Change.written(post("first"), 1)], [Change.written(post("second"), 1)])

        assert set(engine.texts()) == {"first", "second"}

    def test_an_index_without_posts_answers(self, engine: Engine) -> None:
        found = engine.search("tea")

        assert (found.hits, found.total, found.facets) == ((), 0, ())

    def test_rebuilt_it_has_what_there_is_and_nothing_else(self, engine: Engine) -> None:
        stays, gone, missed = post("stays"), post("gone"), post("missed")
        fill(engine, stays, gone)
        engine.later(3600)

        count = engine.writers[1].rebuild(
            [Change.written(stays, 1), Change.written(missed, 1)], AS_OF + 3_600_000
        )

        assert count == 2
        assert engine.texts() == ["missed", "stays"]

    def test_rebuilding_keeps_what_changes_meanwhile(self, engine: Engine) -> None:
        edited, removed, added = post("before"), post("removed"), post("added")
        after = post("after", post_id=edited.post_id)
        fill(engine, edited, removed)

        def read() -> list[Change]:
            table = [Change.written(edited, 1), Change.written(removed, 1)]
            engine.apply(
                Change.written(after, 2), Change.removed(removed.post_id, 1), Change.written(added, 1)
            )
            return table

        engine.writers[1].rebuild((change for change in read()), AS_OF)

        assert set(engine.texts()) == {"after", "added"}

    @pytest.mark.parametrize(
        "text", ["", "☕", "\u0000 \ud83d", "x" * 5000, "हिन्दी में चाय", "e\u0301te\u0301", "tea\u2028cup"]
    )
    def test_any_text_can_be_indexed(self, engine: Engine, text: str) -> None:
        said = post(text.encode(errors="ignore").decode())
        fill(engine, said)

        assert engine.texts() == [said.text]

    @pytest.mark.parametrize(
        ("text", "asked"), [("हिन्दी में चाय", "हिन्दी"), ("un e\u0301te\u0301", "été"), ("STRASSE", "straße")]
    )
    def test_words_of_any_script_are_found(self, engine: Engine, text: str, asked: str) -> None:
        said = post(text)
        fill(engine, said, post("tea"))

        assert engine.texts(asked) == [said.text]
