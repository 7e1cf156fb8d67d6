"""Which records a mapping wants: FilterCriteria.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html (syntax),
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html (data: JSON or plain text) and
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html.
"""

from __future__ import annotations

import base64
import binascii
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MOST_FILTERS = 10
LONGEST_PATTERN = 4096
OR = "$or"
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ABSENT = object()

Pattern = Mapping[str, Any]


class InvalidFilterError(ValueError):
    """The criteria cannot be used; the message says why."""


class Filters:
    """The filters of one mapping: a record is wanted when any of them matches, or when there are none.

    Raises
    ------
    InvalidFilterError
        When a pattern is no pattern, or there are too many.
    """

    def __init__(self, criteria: Mapping[str, Any] | None, kind: str) -> None:
        filters = (criteria or {}).get("Filters") or []
        if len(filters) > MOST_FILTERS:
            raise InvalidFilterError(f"More than {MOST_FILTERS} filters.")
        self._patterns = [_parsed(each.get("Pattern", "{}"), kind) for each in filters]
        self._view = _kinesis_view if kind == "kinesis" else _as_it_is

    def want(self, record: Mapping[str, Any]) -> bool:
        """Say whether the function gets this record (in the shape of the event's `Records`)."""
        if not self._patterns:
            return True
        view = self._view(record)
        return any(_matches(pattern, view) for pattern in self._patterns)


def _parsed(text: str, kind: str) -> Pattern:
    if len(text) > LONGEST_PATTERN:
        raise InvalidFilterError(f"Pattern longer than {LONGEST_PATTERN} characters.")
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise InvalidFilterError("Pattern is not JSON.") from error
    if not isinstance(pattern, dict):
        raise InvalidFilterError("Pattern is not a JSON object.")
    _check(pattern)
    if kind == "kinesis" and set(pattern) - {"data", OR}:
        raise InvalidFilterError("Kinesis event source mappings only support filtering on the data key.")
    return pattern


def _check(pattern: Pattern) -> None:
    for key, wanted in pattern.items():
        if key == OR:
            if not isinstance(wanted, list) or not all(isinstance(each, dict) for each in wanted):
                raise InvalidFilterError("$or takes a list of patterns.")
            for each in wanted:
                _check(each)
        elif isinstance(wanted, dict):
            _check(wanted)
        elif isinstance(wanted, list) and wanted:
            for rule in wanted:
                _check_rule(rule)
        else:
            raise InvalidFilterError(f"{key} must be a pattern or a list of rules.")


def _check_rule(rule: object) -> None:
    if isinstance(rule, list):
        raise InvalidFilterError("A rule is a value or an operator, not a list.")
    if not isinstance(rule, dict):
        return
    if len(rule) != 1 or next(iter(rule)) not in OPERATORS:
        raise InvalidFilterError(f"Unknown rule {json.dumps(rule)}.")
    if "numeric" in rule:
        terms = rule["numeric"]
        in_pairs = isinstance(terms, list) and len(terms) in (2, 4)
        if (
            not in_pairs
            or any(term not in COMPARISONS for term in terms[::2])
            or not all(_is_number(term) for term in terms[1::2])
        ):
            raise InvalidFilterError(f"numeric takes comparisons and numbers in pairs, not {terms!r}.")


def _kinesis_view(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return {data}: the JSON object that was put, or the text; nothing when it is not UTF-8."""
    try:
        text = base64.b64decode(record["kinesis"]["data"]).decode()
    except (binascii.Error, UnicodeDecodeError):
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return {"data": text}
    return {"data": value if isinstance(value, dict) else text}


def _as_it_is(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return record


def _matches(pattern: Pattern, value: object) -> bool:
    if isinstance(value, list):
        return any(_matches(pattern, each) for each in value)
    if not isinstance(value, Mapping):
        return False
    return all(_field(key, wanted, value) for key, wanted in pattern.items())


def _field(key: str, wanted: Any, value: Mapping[str, Any]) -> bool:
    if key == OR:
        return any(_matches(each, value) for each in wanted)
    found = value.get(key, ABSENT)
    if isinstance(wanted, dict):
        absent_is_fine = found is ABSENT and _matches(wanted, {})
        return absent_is_fine or _matches(wanted, found)
    leaves = found if isinstance(found, list) and found else [found]
    return any(_holds(rule, leaf) for rule in wanted for leaf in leaves)


def _holds(rule: Any, leaf: Any) -> bool:
    if isinstance(rule, dict):
        name, argument = next(iter(rule.items()))
        return OPERATORS[name](argument, leaf)
    return _equal(rule, leaf)


def _equal(left: Any, right: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exists(argument: bool, leaf: Any) -> bool:
    return (leaf is not ABSENT and not isinstance(leaf, Mapping)) == argument


def _anything_but(argument: Any, leaf: Any) -> bool:
    if leaf is ABSENT or isinstance(leaf, Mapping):
        return False
    if isinstance(argument, dict):
        return not _holds(argument, leaf)
    refused = argument if isinstance(argument, list) else [argument]
    return not any(_equal(each, leaf) for each in refused)


def _numeric(terms: Sequence[Any], leaf: Any) -> bool:
    return _is_number(leaf) and all(
        COMPARISONS[sign](leaf, bound) for sign, bound in zip(terms[::2], terms[1::2], strict=True)
    )


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": _exists,
    "prefix": lambda start, leaf: isinstance(leaf, str) and leaf.startswith(start),
    "suffix": lambda end, leaf: isinstance(leaf, str) and leaf.endswith(end),
    "equals-ignore-case": lambda text, leaf: isinstance(leaf, str) and leaf.casefold() == text.casefold(),
    "anything-but": _anything_but,
    "numeric": _numeric,
}
