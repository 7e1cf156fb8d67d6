r"""Hashtags in texts, by the platform's published rules, and how many texts have each.

The rules are twitter-text's (https://github.com/twitter/twitter-text, js/src/regexp): after `#` or its
full-width form come letters, marks and digits of any script, the underscore and some signs, and among them at
least one letter or mark. A hashtag does not begin inside a word, after `&`, or inside an address, and is not
followed by another sign or by `://`. Case makes no difference. What the rules leave open is closed here: a
hashtag of more than `LONGEST` characters is none, and a text counts once for each of its hashtags.

Two regular expressions tell the same, one for texts of ASCII alone and one for all that Unicode has; a
property in the tests holds them together. Each goes over many texts at once, joined. Both are possessive:
nothing that a text holds can make them go back. And both begin with one character, so that they pass over all
else as fast as memory is read; the full-width sign is made the other one first.
"""

from __future__ import annotations

import functools
import operator
import re
from itertools import compress

LONGEST = 280
"""Characters of a hashtag at most, without its sign: as many as the platform's usual post has in all."""

_WIDE_SIGN = "\N{FULLWIDTH NUMBER SIGN}"
_SIGNS = f"#{_WIDE_SIGN}"
# Stands between two texts: a hashtag to the expressions, and to nobody else.
_NEXT = "\0"
_BETWEEN = f"\n#{_NEXT}\n"

_ASCII = re.compile(rf"#(?<!\S#)([a-z0-9_]++|{_NEXT})(?!#|://)")
# The two that go over joined texts take a sign after white space only. One after something else, a bracket or
# an emoji, may be part of an address: texts with such a sign are looked at one by one.
_INNER = re.compile(r"#(?<=[^\sa-zA-Z0-9_&]#)[^\s#]")


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
        others = _count(counts, texts, joined.lower(), _ASCII)
    else:
        others = _count(counts, texts, joined.replace(_WIDE_SIGN, "#"), _any_script(r"(?<!\S#)"))
    for text in others:
        for hashtag in {hashtag.casefold() for hashtag in find(text)}:
            counts[hashtag] = counts.get(hashtag, 0) + 1
    return {hashtag: number for hashtag, number in counts.items() if _is_hashtag(hashtag)}


def find(text: str) -> list[str]:
    """Return the hashtags of a text in their order, without their signs, as they are written."""
    found = []
    within: list[tuple[int, int]] | None = None
    for match in _any_script().finditer(text.replace(_WIDE_SIGN, "#")):
        if not _is_hashtag(match[1].casefold()):
            continue
        if match.start() and not text[match.start() - 1].isspace():
            if within is None:
                within = _addresses(text)
            if any(start < match.start() < end for start, end in within):
                continue
        found.append(match[1])
    return found


class _Folded(dict[str, str]):
    """What is seen so far, folded: the same words come again and again."""

    def __missing__(self, word: str) -> str:
        folded = self[word] = word.casefold()
        return folded


def _count(counts: dict[str, int], texts: list[str], joined: str, expression: re.Pattern[str]) -> list[str]:
    """Add to `counts` what the texts have, and return those that have to be looked at one by one."""
    others: list[str] = []
    tokens = expression.findall(joined)
    if len(tokens) != joined.count("#") and _INNER.search(joined):  # nearly always each sign makes a token
        parts = joined.split(_BETWEEN)
        if len(parts) != len(texts):
            return texts
        inner = [_INNER.search(part) is not None for part in parts]
        others = [text for text, is_inner in zip(texts, inner, strict=True) if is_inner]
        texts = [text for text, is_inner in zip(texts, inner, strict=True) if not is_inner]
        tokens = expression.findall(_BETWEEN.join(compress(parts, map(operator.not_, inner))))
    if tokens.count(_NEXT) != len(texts) - 1:  # a text holds what stands between texts, or there is none
        return others + texts
    if expression is not _ASCII:
        tokens = list(map(_Folded().__getitem__, tokens))
    number = 0
    last: dict[str, int] = {}  # the text that each hashtag was last seen in
    for token in tokens:
        if token == _NEXT:
            number += 1
        elif last.get(token) != number:
            last[token] = number
            counts[token] = counts.get(token, 0) + 1
    return others


@functools.lru_cache(1 << 16)
def _is_hashtag(folded: str) -> bool:
    """Tell whether word characters after a sign are a hashtag."""
    if len(folded) > LONGEST:
        return False
    if folded.isascii():
        return not folded.replace("_", "0").isdecimal() and folded != _NEXT
    return _letter().search(folded) is not None


@functools.cache
def _any_script(before: str = "") -> re.Pattern[str]:
    """Return what finds word characters after a sign, in any script, and `_NEXT`.

    `before` is an expression for what may be before the sign, in place of the rules'.
    """
    from stream.characters import WORDS, WORDS_BEYOND  # noqa: PLC0415 - texts of ASCII do without

    beyond = rf"(?=[\U00010000-\U0010ffff])[{WORDS_BEYOND}]"  # one look tells nearly all characters from them
    # An emoji may carry a variation selector, which is a mark and no part of a word.
    rules = rf"(?:(?<![{WORDS}&]#)(?<!{beyond}#)|(?<=[\ufe0e\ufe0f]#))"
    return re.compile(
        rf"#{before or rules}(?![\ufe0f\u20e3])"  # a keycap
        rf"((?:[{WORDS}]++|{beyond})++|{_NEXT})(?!#|://)"
    )


@functools.cache
def _letter() -> re.Pattern[str]:
    from stream.characters import LETTERS  # noqa: PLC0415 - texts of ASCII do without

    return re.compile(f"[{LETTERS}]")


def _addresses(text: str) -> list[tuple[int, int]]:
    """Return where addresses begin and end in a text."""
    if "." not in text:
        return []
    from stream.addresses import find as found  # noqa: PLC0415 - few texts need it, and its list is long

    return found(text)
