"""Hashtags are those of twitter-text, in both expressions, and counted once a text."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream import hashtags
from stream.addresses import find as addresses
from stream.characters import LETTERS, WORDS, WORDS_BEYOND

EXAMPLES: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("twitter_text.yaml").read_text()
)


@pytest.mark.parametrize(
    "example", [each for group in EXAMPLES.values() for each in group], ids=lambda each: each["description"]
)
def test_twitter_texts_own_examples_hold(example: dict[str, Any]) -> None:
    expected = example["expected"]

    assert hashtags.find(example["text"]) == expected
    assert hashtags.count([example["text"]]) == dict.fromkeys((tag.casefold() for tag in expected), 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com/a?b=c&d=#no #yes", ["yes"]),
        ("see example.com/!#no and example.com/ #yes", ["yes"]),
        ("example.notatld/!#yes", ["yes"]),
        ("someone@example.com/!#no", ["no"]),  # an address of mail is none of the web
        ("http://t.co/abc?#no http://t.co/abc/#yes", ["yes"]),
        ("http://example.com/(a(b)!#no) (#yes)", ["yes"]),
        ("http://b\u00fccher.example.com/!#no", []),
        ("#a#b", []),
        ("##a", ["a"]),
        ("&#a &amp;#b", ["b"]),
        ("#\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP} #a", ["a"]),
        ("#x\0#\0 \0#y", ["x", "y"]),
        (f"#{'a' * 280} #{'b' * 281}", ["a" * 280]),
    ],
)
def test_rules_that_the_examples_leave_out(text: str, expected: list[str]) -> None:
    assert hashtags.find(text) == expected
    assert hashtags.count([text]) == dict.fromkeys(expected, 1)


# https://github.com/twitter/twitter-text/blob/master/js/src/regexp/hashtagSpecialChars.js
SPECIAL = "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"

PIECES = [
    *(
        "#",
        "\N{FULLWIDTH NUMBER SIGN}",
        "&",
        "/",
        ".",
        "://",
        "http://",
        "example.com",
        "t.co",
        "@",
        "(",
        ")",
    ),
    *(" ", "\n", "\0", "_", "-", "a", "B", "1", "#a", "#B1", "#1", "\N{SUPERSCRIPT TWO}", "\u0301", "\ufe0f"),
    *("\N{KATAKANA MIDDLE DOT}", "\u20e3", "\u200d", "東京", "É", "ß", "\N{MIDDLE DOT}", "?", "!"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=30)
ASCII = st.lists(st.sampled_from([each for each in PIECES if each.isascii()]), max_size=12).map("".join)


@settings(max_examples=400)
@given(st.lists(TEXTS, max_size=8))
@example(["#a", "#a #A", "#\0", "#b"])
@example(["a", "#b", "://", "#c"])
def test_many_texts_are_counted_as_one_after_the_other(texts: list[str]) -> None:
    expected: Counter[str] = Counter()
    for text in texts:
        expected.update({hashtag.casefold() for hashtag in hashtags.find(text)})

    assert hashtags.count(texts) == expected


@settings(max_examples=400)
@given(st.lists(ASCII, min_size=1, max_size=8))
def test_both_expressions_say_the_same_of_ascii(texts: list[str]) -> None:
    with_another_script = hashtags.count([*texts, "\N{CYRILLIC SMALL LETTER ZHE}"])

    assert hashtags.count(texts) == with_another_script


@given(TEXTS)
def test_a_text_without_a_sign_has_no_hashtag(text: str) -> None:
    assert hashtags.has_sign(text) or not hashtags.find(text)


@pytest.mark.parametrize(
    "text",
    [
        *("a.b." * 6000 + "!#x", "-a" * 12000 + ".!#b", "http://a.com/" + "(" * 20000 + "#x"),
        *(
            "日" * 12000 + ".#b",
            "http://a.com/" + "a!" * 10000 + "!#x",
            "http://a.com/" + "(a" * 10000 + "#x",
        ),
        *("#" * 25000, "#a" * 12500, "#_" * 12500, "\N{MIDDLE DOT}é" * 12000 + ".#b"),
    ],
    ids=lambda text: text[:16],
)
def test_no_text_can_make_it_go_back_without_end(text: str) -> None:
    # This takes a fraction of a second. An expression that goes back would not come to its end today.
    counts = hashtags.count([text])

    assert counts.keys() == {hashtag.casefold() for hashtag in hashtags.find(text)}


def characters(ranges: str) -> set[str]:
    """Return the characters that the inside of a class names."""
    return set(re.findall(f"[{ranges}]", "".join(map(chr, range(sys.maxunicode + 1)))))


def test_letters_and_words_are_those_of_the_interpreters_unicode() -> None:
    kinds = {chr(code): unicodedata.category(chr(code)) for code in range(sys.maxunicode + 1)}
    assigned = {each for each, kind in kinds.items() if kind not in {"Cn", "Cs"}}
    letters = {each for each in assigned if kinds[each][0] in "LM"}
    digits = {each for each in assigned if kinds[each] == "Nd"}

    # An interpreter with an earlier Unicode knows fewer.
    assert characters(LETTERS) & assigned == letters
    assert characters(WORDS + WORDS_BEYOND) & assigned == letters | digits | set(SPECIAL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see http://example.com/a(b)c, or", ["http://example.com/a(b)c"]),
        ("see example.co.uk/path?x=1.", ["example.co.uk/path?x=1"]),
        ("xhttp://example.com -example.com", []),
        ("1.2 a.b example.invalidtld", []),
        ("http://" + "a" * 4096 + ".com/", []),
    ],
)
def test_addresses_are_found_where_they_are(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in addresses(text)] == expected
