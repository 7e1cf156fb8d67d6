"""A function sees every value of a repeated header or query parameter, and the last where it asks for one.

The stock engine joins repeated headers to one value with commas, in `multiValueHeaders` too, and puts the
first value of a repeated query parameter into `queryStringParameters`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html has both
forms; that the last value is the single one is also what the SAM CLI does.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.core.sigv4 import decode_header_value
from ministack.services import apigateway_v1 as rest

Json = dict[str, Any]
Lines = dict[str, list[str]]

_lines_sent: ContextVar[Lines | None] = ContextVar("header_lines", default=None)


def header_lines(raw_headers: list[tuple[bytes, bytes]]) -> Lines:
    """Return the values of each header as they were sent, line by line."""
    lines: Lines = defaultdict(list)
    for name, value in raw_headers:
        lines[name.decode("latin-1").lower()].append(decode_header_value(value))
    return dict(lines)


def every_value(joined: dict[str, Any], sent: Lines) -> Lines:
    """Take the engine's comma-joined headers apart again, where they are those that were sent."""
    values: Lines = {}
    for name, value in joined.items():
        lines = sent.get(name.lower(), [])
        if value == ", ".join(lines):
            values[name] = lines
        else:
            values[name] = [value] if isinstance(value, str) else list(value)
    return values


def last(values: Lines) -> dict[str, str]:
    """Return the last value of each name."""
    return {name: lines[-1] for name, lines in values.items() if lines}


def fill() -> None:
    """Keep the header lines of each request and build events from them."""
    pin, build = app.pin_signed_request, rest._build_lambda_event_v1

    @functools.wraps(pin)
    def keeping_lines(
        method: str, raw_path: str, query_params: Json, raw_headers: Any, *more: Any, **named: Any
    ) -> Any:
        _lines_sent.set(header_lines(raw_headers))
        return pin(method, raw_path, query_params, raw_headers, *more, **named)

    @functools.wraps(build)
    def with_every_value(*call: Any, **details: Any) -> Json:
        event: Json = build(*call, **details)
        headers = every_value(event["headers"], _lines_sent.get() or {})
        event["multiValueHeaders"], event["headers"] = headers, last(headers)
        query = event["multiValueQueryStringParameters"]
        event["queryStringParameters"] = last(query) if query else None
        return event

    app.pin_signed_request = keeping_lines
    rest._build_lambda_event_v1 = with_every_value
