"""What is asked of SNS about a platform application or an endpoint is asked about its ARN.

The stock engine looks for a policy that allows it on every resource, or on a topic of the application's name.

The ARNs are those that AWS names when it refuses such a call: `app/<platform>/<name>` for what is about an
application, the making of its endpoints among it, and the endpoint's own for all else. https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.core import iam_actions


def fill() -> None:
    """Name applications and endpoints."""
    resource_of = iam_actions.extract_resource_arn

    @functools.wraps(resource_of)
    def with_pushes(service: str, *asked: Any, **more: Any) -> Any:
        if service == "sns":
            _, _, _, _, parameters, region, account = (*asked, *more.values())[:7]
            if arn := named_by(parameters, f"arn:aws:sns:{region}:{account}"):
                return arn
        return resource_of(service, *asked, **more)

    iam_actions.extract_resource_arn = with_pushes


def named_by(parameters: Any, prefix: str) -> str | None:
    """Return the ARN of the application or the endpoint that a call is about; None for all other calls."""

    def given(name: str) -> str:
        return str(iam_actions._query_param(parameters, name) or "")

    if platform := given("Platform"):
        return f"{prefix}:app/{platform}/{given('Name')}"
    return given("EndpointArn") or given("PlatformApplicationArn") or None
