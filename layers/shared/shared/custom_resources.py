"""Custom resources of CloudFormation: what it has no type for, made by a function.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import functools
import urllib.request
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from shared.observability import logger, observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.observability import LambdaHandler

SECONDS_TO_ANSWER = 5


class Asked(msgspec.Struct, frozen=True, rename="pascal"):
    """What CloudFormation asks for; the physical id is there for updates and deletions."""

    request_type: Literal["Create", "Update", "Delete"]
    request_id: str
    stack_id: str
    logical_resource_id: str
    resource_properties: dict[str, Any]
    physical_resource_id: str = ""


def custom_resource(handler: Callable[[Asked], str]) -> LambdaHandler:
    """Make a Lambda handler of one that does what is asked and returns the resource's physical id.

    CloudFormation is always answered, since it would wait for an hour else: when the handler fails, with the
    type of what it raised, as its words could quote a secret. An update that returns another id has made
    another resource, whose predecessor CloudFormation then has deleted.
    """

    @observed
    @functools.wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
        asked = msgspec.convert(event, Asked)
        answer = {
            "RequestId": asked.request_id,
            "StackId": asked.stack_id,
            "LogicalResourceId": asked.logical_resource_id,
            "PhysicalResourceId": asked.physical_resource_id or "not-made",
        }
        try:
            answer |= {"Status": "SUCCESS", "PhysicalResourceId": handler(asked)}
        except Exception as error:  # noqa: BLE001 - whatever it is, the stack has to be told
            logger.exception("custom resource failed", extra={"request": asked.request_type})
            answer |= {
                "Status": "FAILED",
                "Reason": f"{type(error).__name__}: the function's log has the stack",
            }
        # S3 signed the URL for no Content-Type.
        request = urllib.request.Request(  # noqa: S310 - CloudFormation's own
            event["ResponseURL"], msgspec.json.encode(answer), {"Content-Type": ""}, method="PUT"
        )
        with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER):  # noqa: S310
            return answer

    return handle
