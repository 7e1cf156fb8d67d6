"""A chain of functions that call each other is known by the trace header that goes with it, and it ends.

The stock engine counts such calls by a header of its own, which only its own worker for Python adds; AWS
counts them in the field `Lineage` of the trace header. Lambda always hands that to the function, sampled or
not, and the SDKs send it along with every call.

After https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from typing import Any

from ministack.services import lambda_svc as service

Json = dict[str, Any]

HEADER = "x-amzn-trace-id"
LINEAGE = re.compile(r"(?:^|;)\s*Lineage=[^;]*:(\d+)")


def not_sampled() -> str:
    """Return a fresh trace header of a request that is not traced."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


def with_lineage(header: str, config: Json, calls: int) -> str:
    """Return the header with the number of calls that led to this one.

    Parameters
    ----------
    header
        A trace header without a lineage.
    config
        The configuration of the function that is called.
    calls
        How many calls of functions the chain has so far, this one among them.
    """
    function = hashlib.sha256(config["FunctionArn"].encode()).hexdigest()[:8]
    return f"{header};Lineage={function}:{calls}"


def fill() -> None:
    """Count the calls of a chain by its trace header."""
    trace_header, inbound_depth = service._xray_trace_id_for_invocation, service._inbound_invoke_depth

    def trace_header_with_lineage(config: Json, inbound: str | None = None) -> str:
        header = trace_header(config, inbound) or not_sampled()
        return with_lineage(header, config, service._invoke_depth.get())

    def depth_of_lineage(headers: dict[str, str]) -> int:
        lineage = LINEAGE.search(headers.get(HEADER, ""))
        return int(lineage[1]) if lineage else int(inbound_depth(headers))

    service._xray_trace_id_for_invocation = trace_header_with_lineage
    service._inbound_invoke_depth = depth_of_lineage
