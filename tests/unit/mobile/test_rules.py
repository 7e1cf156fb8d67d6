"""What becomes of what a member writes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile import rules
from mobile.models import NewPost, PostChange

AUTHOR = ("8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "grace")
texts = st.text(min_size=1, max_size=200)
tags = st.lists(st.from_regex(r"[^\s#,]{1,50}", fullmatch=True), max_size=10)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada_l, look", ["ada_l"]),
        ("(@ada) and @Grace and @ada", ["ada", "grace"]),
        ("write to ada@example.com", []),
        ("@ada@example.com", []),
        ("@al @a", []),
        ("@" + "x" * 31, []),
        ("@\u00e4da @ada\u00e4", []),
    ],
)
def test_a_name_is_mentioned_where_it_stands_alone(text: str, names: list[str]) -> None:
    assert rules.mentioned(text) == names


@given(tags)
def test_folding_twice_is_folding_once(given_tags: list[str]) -> None:
    once = rules.folded(given_tags)

    assert rules.folded(once) == once
    assert len(set(once)) == len(once) <= len(given_tags)


@given(tags)
def test_tags_that_differ_in_case_or_spelling_are_one(given_tags: list[str]) -> None:
    decomposed = [unicodedata.normalize("NFD", tag) for tag in given_tags]

    assert rules.folded(given_tags) == rules.folded([*given_tags, *decomposed])


@given(texts, tags, texts, tags)
def test_a_change_is_one_version_more_or_nothing(
    text: str, old: list[str], other: str, new: list[str]
) -> None:
    post = rules.write(NewPost(text, old), "an-id", AUTHOR, "then")

    after = rules.rewrite(post, PostChange(other, new), "now")

    if after is post:
        assert (other, rules.folded(new)) == (text, post.tags)
    else:
        assert (after.version, after.updated_at, after.created_at) == (2, "now", "then")
    assert rules.rewrite(after, PostChange(other, new), "later") is after


@pytest.mark.parametrize(("visibility", "allowed"), [("public", True), ("private", False)])
def test_a_private_post_is_its_authors_alone(visibility: str, allowed: bool) -> None:
    post = rules.write(NewPost("text", visibility=visibility), "an-id", AUTHOR, "then")  # type: ignore[arg-type]

    assert rules.may_read(AUTHOR[0], post)
    assert rules.may_read("somebody", post) is allowed
