"""A schedule's ARN has its group: `schedule/<group>/<name>`.

The stock engine asks IAM about `schedule/default/<name>`, whatever the group.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from __future__ import annotations

import functools
import json
from typing import Any

from ministack.core import iam_actions


def fill() -> None:
    """Name the group."""
    resource_of = iam_actions.extract_resource_arn

    @functools.wraps(resource_of)
    def with_group(service: str, *asked: Any, **more: Any) -> Any:
        arn = resource_of(service, *asked, **more)
        if service != "scheduler" or ":schedule/default/" not in arn:
            return arn
        _, _, _, body, parameters = (*asked, *more.values())[:5]
        return arn.replace(":schedule/default/", f":schedule/{group_of(body, parameters)}/")

    iam_actions.extract_resource_arn = with_group


def group_of(body: bytes, parameters: Any) -> str:
    """Return the group that a call names, in its body or its query."""
    try:
        named = json.loads(body or b"{}").get("GroupName")
    except (ValueError, AttributeError):
        named = None
    return str(named or iam_actions._query_param(parameters, "groupName") or "default")
