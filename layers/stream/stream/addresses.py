"""Where web addresses are in a text, by twitter-text's rules, with a scheme or without.

https://github.com/twitter/twitter-text, js/src/extractUrlsWithIndices.js and the expressions that it uses. It
is told as code rather than as one expression: that one can go back without end in a text that is made for it.
What has no path cannot have a hashtag's sign in it, so of several such domains in a row only the last is
found.
"""

from __future__ import annotations

import re

from stream.tlds import TLDS

LONGEST = 4096
"""Characters of an address at most, its scheme among them."""

_LATIN = (
    r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289"
    r"\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_DIRECTION = r"\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_NO_CHARACTER = r"\ufffe\ufeff\uffff"
_SPACE = r"\x09-\x0d\x20\x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_PUNCTUATION = r"!'#%&()*+,\\./:;<=>?@\[\]\^{|}~$"
_NOT_IN_LABEL = rf"{_PUNCTUATION}{_SPACE}{_NO_CHARACTER}{_DIRECTION}"
_EDGE = rf"[^{_NOT_IN_LABEL}_\-]"
_LABEL = rf"{_EDGE}(?:[^{_NOT_IN_LABEL}]{{0,61}}{_EDGE})?"
_LABELS = re.compile(rf"{_LABEL}(?:\.{_LABEL})++")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_NOT_BEFORE = re.compile(rf"[A-Za-z0-9@\uff20$#\uff03{_NO_CHARACTER}]")
_LATIN_OR_DOT = re.compile(rf"[\-a-z0-9{_LATIN}.]+", re.IGNORECASE)
_PUNYCODE = re.compile(r"xn--[\-0-9a-z]+", re.IGNORECASE)
_WORD = re.compile(r"[0-9a-z]*", re.IGNORECASE)

_PATH_CLASS = rf"[a-z0-9\u0400-\u04ff!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"
_IN_PARENTHESES = rf"\((?:{_PATH_CLASS}+|{_PATH_CLASS}*\({_PATH_CLASS}+\){_PATH_CLASS}*)\)"
_PATH_END = rf"(?:[+\-a-z0-9\u0400-\u04ff=_#/{_LATIN}]|{_IN_PARENTHESES})"
_QUERY = r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?"
_REST = re.compile(
    rf"(?::[0-9]+)?(?P<path>/(?:(?:{_PATH_CLASS}|{_IN_PARENTHESES})*{_PATH_END})?)?{_QUERY}", re.IGNORECASE
)
_SHORT = re.compile(rf"https?://t\.co/[a-z0-9]+{_QUERY}", re.IGNORECASE)

_TLDS = frozenset(TLDS)
_LENGTHS = sorted({len(tld) for tld in TLDS if not tld.isascii()}, reverse=True)


def find(text: str) -> list[tuple[int, int]]:
    """Return where each address begins and ends."""
    found = []
    position = 0
    while labels := _LABELS.search(text, position):
        domain = _domain(text, *labels.span())
        if domain is None:
            position = labels.end()
            continue
        start, last, end = domain
        rest = _REST.match(text, end)
        position = rest.end() if rest else end
        scheme = _scheme(text, start)
        if scheme is not None:
            short = _SHORT.match(text, scheme)  # nothing after the code of a short link is part of it
            position = short.end() if short else position
            if position - scheme <= LONGEST:
                found.append((scheme, position))
        elif text[max(start - 1, 0) : start] not in {"-", "_", ".", "/"} and position - start <= LONGEST:
            # Without a scheme, only the part of the domain that is in Latin letters is taken for one.
            latin = _LATIN_OR_DOT.match(text[start:last][::-1])
            if latin:
                found.append((last - latin.end(), position if rest and rest["path"] else end))
    return found


def _domain(text: str, start: int, end: int) -> tuple[int, int, int] | None:
    """Return where the domain within a run of labels begins, where its last label does, and where it ends."""
    labels = text[start:end].split(".")
    last = end
    for before, label in zip(labels[-2::-1], labels[:0:-1], strict=True):
        last -= len(label)
        if (length := _top_level(label, text[end : end + 1])) and "_" not in before:
            for first in range(start, last):
                if first == 0 or not _NOT_BEFORE.match(text, first - 1) or _scheme(text, first) is not None:
                    return first, last, last + length
            return None
        last -= 1
    return None


def _scheme(text: str, domain: int) -> int | None:
    """Return where the scheme right before a domain begins, if there is one."""
    for length in (7, 8):
        start = domain - length
        if start >= 0 and _SCHEME.fullmatch(text, start, domain):
            return start if start == 0 or not _NOT_BEFORE.match(text, start - 1) else None
    return None


def _top_level(label: str, after: str) -> int:
    """Return how many characters at the beginning of a label are a top-level domain, or 0."""
    if match := _PUNYCODE.match(label):
        return match.end()
    word = _WORD.match(label)
    lengths = [word.end()] if word and word.end() else _LENGTHS
    for length in lengths:
        follows = label[length : length + 1] or after
        if label[:length].lower() in _TLDS and not re.match(r"[0-9a-z@+\-]", follows, re.IGNORECASE):
            return length
    return 0
