"""Words: how a text falls into them, and what somebody asks for who types some.

    teapot "blue china" gar* -broken

asks for teapot, or what is nearly so, for the phrase, for a word that begins with gar, and for none like
broken.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from mobile.search.models import Terms
from shared.problems import BadRequest, FieldError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PARTS = 12
MAX_LENGTH = 200


def words(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each word of a text with where it starts and ends: letters and digits, with their marks."""
    start = None
    for place, character in enumerate(text):
        if character.isalnum() or unicodedata.category(character) in {"Mn", "Mc"}:
            start = place if start is None else start
        elif start is not None:
            yield start, place, unicodedata.normalize("NFC", text[start:place])
            start = None
    if start is not None:
        yield start, len(text), unicodedata.normalize("NFC", text[start:])


def plain(text: str) -> str:
    """Return a text as engines get it: each character in its composed form."""
    return unicodedata.normalize("NFC", text)


def parse(text: str) -> Terms:
    """Return what a search's text asks for. A quote that is not closed ends with the text.

    Raises
    ------
    BadRequest
        When there is no word in it, or too much.
    """
    if len(text) > MAX_LENGTH:
        raise _bad(f"is longer than {MAX_LENGTH} characters")
    found: dict[str, list[str]] = {"words": [], "prefixes": [], "excluded": []}
    phrases: list[tuple[str, ...]] = []
    for phrase, chunk in re.findall(r'"([^"]*)(?:"|$)|([^\s"]+)', text):
        parts = [word for _, _, word in words(phrase or chunk)]
        if phrase and parts:
            phrases.append(tuple(parts))
        elif parts and chunk.startswith("-"):
            found["excluded"] += parts
        elif parts:
            *whole, last = parts
            found["words"] += whole
            found["prefixes" if chunk.endswith("*") else "words"].append(last)
    terms = Terms(
        tuple(dict.fromkeys(found["words"])),
        tuple(dict.fromkeys(found["prefixes"])),
        tuple(dict.fromkeys(phrases)),
        tuple(dict.fromkeys(found["excluded"])),
    )
    count = len(terms.words) + len(terms.prefixes) + len(terms.excluded) + sum(map(len, terms.phrases))
    if count == 0:
        raise _bad("has no word in it")
    if count > MAX_PARTS:
        raise _bad(f"has more than {MAX_PARTS} words")
    return terms


def _bad(detail: str) -> BadRequest:
    return BadRequest("The search cannot be understood.", [FieldError("q", detail)])
