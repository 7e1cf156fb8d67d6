"""Tell what a client needs to know of the stack: the root's outputs, with URLs that work on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from local.cloud import STACK_NAME, Cloud
from local.engine.process import REGION

LOCAL_FORMS = (
    (
        r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com",
        r"http://localhost:{port}/_aws/execute-api/\1",
    ),
    (r"https://([a-z0-9]+)\.cloudfront\.net", r"http://\1.cloudfront.localhost:{port}"),
    (r"https://[a-z0-9-]+\.auth\.[a-z0-9-]+\.amazoncognito\.com", "http://localhost:{port}"),
)
"""AWS's forms of URL, and the engine's for the same thing."""


def localised(value: str, port: int) -> str:
    """Return an output with AWS's URLs replaced by those that the engine answers."""
    for pattern, form in LOCAL_FORMS:
        value = re.sub(pattern, form.replace("{port}", str(port)), value)
    return value


def collect(cloud: Cloud) -> dict[str, str]:
    """Return the root stack's outputs, and where the engine is."""
    stack = cloud.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    given = {row["OutputKey"]: localised(row["OutputValue"], cloud.port) for row in stack.get("Outputs", [])}
    return {**given, "EngineUrl": cloud.url, "Region": REGION}


def read(cloud: Cloud) -> dict[str, str]:
    """Return the outputs written last; none when there are none."""
    try:
        known: dict[str, str] = json.loads(cloud.outputs.read_text())
    except (OSError, ValueError):
        return {}
    return known


def write(cloud: Cloud, outputs: Mapping[str, str]) -> None:
    """Write the outputs, whole or not at all, readable by this user alone: they hold a password."""
    draft = cloud.outputs.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(outputs, indent=2, sort_keys=True) + "\n")
    draft.replace(cloud.outputs)
