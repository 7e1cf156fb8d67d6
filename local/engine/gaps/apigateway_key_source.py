"""An API whose key source is AUTHORIZER takes the API key from its Lambda authorizer, and from nowhere else.

The stock engine keeps `apiKeySource` and reads the header `x-api-key` whatever it says: an authorizer's
`usageIdentifierKey` is dropped, and a key that the caller sends is counted.

After https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html; the key is
a part of the authorizer's answer, so it is cached with it
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html).
"""

from __future__ import annotations

import contextvars
import functools
import json
from typing import Any

from ministack.services import apigateway_v1 as rest

CARRIED = "\0usageIdentifierKey"
"""Under what the key travels in the authorizer's context, through the engine's cache; no real name has it."""

# What the request under way has: nothing where the header counts, else the authorizer's key or "".
_from_authorizer: contextvars.ContextVar[str | None] = contextvars.ContextVar("key", default=None)


def fill() -> None:
    """Carry the authorizer's key to where the engine looks for a key."""
    _carry_the_key()
    _read_it_by_request()


def _carry_the_key() -> None:
    invoke = rest._invoke_authorizer_lambda

    @functools.wraps(invoke)
    async def with_key(*arguments: Any) -> Any:
        result = await invoke(*arguments)
        answer = (result or {}).get("body")
        if isinstance(answer, str | bytes):
            try:
                answer = json.loads(answer)
            except ValueError:
                return result
        if not isinstance(answer, dict) or not answer.get("usageIdentifierKey"):
            return result
        context = {**(answer.get("context") or {}), CARRIED: str(answer["usageIdentifierKey"])}
        return {**result, "body": {**answer, "context": context}}

    rest._invoke_authorizer_lambda = with_key


def _read_it_by_request() -> None:
    authorize, from_request = rest._authorize_request_v1, rest._api_key_from_request

    @functools.wraps(authorize)
    async def authorize_and_note(api_id: str, *arguments: Any) -> Any:
        by_authorizer = (rest._rest_apis.get(api_id) or {}).get("apiKeySource") == "AUTHORIZER"
        _from_authorizer.set("" if by_authorizer else None)
        error, context = await authorize(api_id, *arguments)
        if context and CARRIED in context:
            context = dict(context)  # the engine's cache keeps the other one
            key = context.pop(CARRIED)
            if by_authorizer:
                _from_authorizer.set(key)
        return error, context

    @functools.wraps(from_request)
    def by_source(headers: Any) -> Any:
        key = _from_authorizer.get()
        return from_request(headers) if key is None else key

    rest._authorize_request_v1, rest._api_key_from_request = authorize_and_note, by_source
