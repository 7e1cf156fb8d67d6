r"""Hashtags in texts, by the platform's published rules, and how many texts have each.

The rules are twitter-text's (https://github.com/twitter/twitter-text, js/src/regexp): after `#` or its
full-width form come letters, marks and digits of any script, the underscore and some signs, and among them at
least one letter or mark. A hashtag does not begin inside a word, after `&`, or inside an address, and is not
followed by another sign or by `://`. Case makes no difference. What the rules leave open is closed here: a
hashtag of more than `LONGEST` characters is none, and a text counts once for each of its hashtags.

Two regular expressions tell the same, one for texts of ASCII alone and one for all that Unicode has; a
property in the tests holds them together. Each goes over many texts at once, joined. Both are possessive:
nothing that a text holds can make them go back.
"""

from __future__ import annotations

import functools
import re

LONGEST = 280
"""Characters of a hashtag at most, without its sign: as many as the platform's usual post has in all."""

_WIDE_SIGN = "\N{FULLWIDTH NUMBER SIGN}"
_SIGNS = f"#{_WIDE_SIGN}"
# What twitter-text takes beside letters, marks and digits: joiners, and signs within words of some scripts.
_SPECIAL = (
    r"_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
# Stands between two texts: a hashtag to the expressions, and to nobody else.
_NEXT = "\0"
_BETWEEN = f"\n#{_NEXT}\n"

_ASCII = re.compile(rf"#(?<![a-z0-9_&]#)([a-z0-9_]++|{_NEXT})(?!#|://)")
# A sign right after something that is no word: it may be part of an address.
_INNER = re.compile(r"#(?<=[^\s\w&]#)\w", re.ASCII)


def fold(hashtag: str) -> str:
    """Return a hashtag without its sign, if it has one, and without the difference between cases."""
    return hashtag.lstrip(_SIGNS).casefold()


def has_sign(text: str) -> bool:
    """Tell whether there can be a hashtag in a text at all."""
    return "#" in text or _WIDE_SIGN in text


def count(texts: list[str]) -> dict[str, int]:
    """Return, for each hashtag, how many of the texts have it; hashtags are folded."""
    counts: dict[str, int] = {}
    joined = _BETWEEN.join(texts)
    if joined.isascii():
        others = _count(counts, texts, joined.lower(), _ASCII, _INNER)
    else:
        others = _count(counts, texts, joined, _any_script(), _inner_of_any_script())
    for text in others:
        for hashtag in {hashtag.casefold() for hashtag in find(text)}:
            counts[hashtag] = counts.get(hashtag, 0) + 1
    return {hashtag: number for hashtag, number in counts.items() if _is_hashtag(hashtag)}


def find(text: str) -> list[str]:
    """Return the hashtags of a text in their order, without their signs, as they are written."""
    found = []
    within: list[tuple[int, int]] | None = None
    for match in _any_script().finditer(text):
        if not _is_hashtag(match[1].casefold()):
            continue
        if match.start() and not text[match.start() - 1].isspace():
            if within is None:
                within = _addresses(text)
            if any(start < match.start() < end for start, end in within):
                continue
        found.append(match[1])
    return found


def _count(
    counts: dict[str, int], texts: list[str], joined: str, expression: re.Pattern[str], inner: re.Pattern[str]
) -> list[str]:
    """Add to `counts` what the texts have, and return those that have to be looked at one by one."""
    others: list[str] = []
    if inner.search(joined):
        others = [text for text in texts if inner.search(text)]
        texts = [text for text in texts if not inner.search(text)]
        joined = _BETWEEN.join(texts) if expression is not _ASCII else _BETWEEN.join(texts).lower()
    tokens = expression.findall(joined)
    if tokens.count(_NEXT) != len(texts) - 1:  # a text holds what stands between texts, or there is none
        return others + texts
    if expression is not _ASCII:
        tokens = [token.casefold() for token in tokens]
    number = 0
    last: dict[str, int] = {}  # the text that each hashtag was last seen in
    for token in tokens:
        if token == _NEXT:
            number += 1
        elif last.get(token) != number:
            last[token] = number
            counts[token] = counts.get(token, 0) + 1
    return others


def _is_hashtag(folded: str) -> bool:
    """Tell whether word characters after a sign are a hashtag."""
    if len(folded) > LONGEST:
        return False
    if folded.isascii():
        return not folded.replace("_", "0").isdecimal() and folded != _NEXT
    return _letter().search(folded) is not None


@functools.cache
def _classes() -> tuple[str, str]:
    """Return the two character classes that a hashtag is made of, each as an expression."""
    from stream.characters import MARKS, OTHER_NUMERALS  # noqa: PLC0415 - texts of ASCII do without

    return rf"[^\W{OTHER_NUMERALS}]", f"[{MARKS}{_SPECIAL}]"


@functools.cache
def _any_script() -> re.Pattern[str]:
    """Return what finds word characters after a sign, in any script, and `_NEXT`."""
    plain, special = _classes()
    return re.compile(
        # An emoji may carry a variation selector, which is a mark and no part of a word.
        rf"[{_SIGNS}](?:(?<!(?:{plain}|{special}|&)[{_SIGNS}])|(?<=[\ufe0e\ufe0f][{_SIGNS}]))"
        rf"(?![\ufe0f\u20e3])"  # a keycap
        rf"((?:{plain}++|{special}++)++|{_NEXT})(?![{_SIGNS}]|://)"
    )


@functools.cache
def _inner_of_any_script() -> re.Pattern[str]:
    return re.compile(rf"[{_SIGNS}](?<=[^\s\w&][{_SIGNS}])\w")


@functools.cache
def _letter() -> re.Pattern[str]:
    from stream.characters import MARKS, OTHER_NUMERALS  # noqa: PLC0415 - texts of ASCII do without

    return re.compile(rf"[^\W\d_{OTHER_NUMERALS}]|[{MARKS}]")


def _addresses(text: str) -> list[tuple[int, int]]:
    """Return where addresses begin and end in a text."""
    if "." not in text:
        return []
    from stream.addresses import find as found  # noqa: PLC0415 - few texts need it, and its list is long

    return found(text)
