"""Events as API Gateway's Lambda proxy integration makes them."""

from __future__ import annotations

from typing import Any


def event(
    body: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    query: dict[str, list[str]] | None = None,
    claims: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the event of a request by member `m-1`; what is left out is as API Gateway leaves it: null."""
    given = {"Content-Type": "application/json"} if headers is None else headers
    return {
        "httpMethod": "POST",
        "path": "/things",
        "headers": given or None,
        "multiValueHeaders": {name: [value] for name, value in given.items()} or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} if query else None,
        "multiValueQueryStringParameters": query,
        "pathParameters": None,
        "requestContext": {"requestId": "request-1", "authorizer": {"claims": claims or {"sub": "m-1"}}},
        "body": body,
        "isBase64Encoded": False,
    }
