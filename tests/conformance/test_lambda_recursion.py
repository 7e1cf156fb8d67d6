"""A chain of functions that call each other is known by its trace header, and ends."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from tests.conformance.functions import invoke, make_function
from tests.conformance.rest_api import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = "import os\ndef handler(event, context):\n    return os.environ.get('_X_AMZN_TRACE_ID', '')"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"


def lambda_client(client: Callable[[str], Any], trace: str) -> Any:
    """Return a Lambda client like that of a function which runs under this trace."""
    made: Any = inspect.unwrap(client)("lambda")  # one of its own, and not the one that is kept for all
    made.meta.events.register(
        "before-call.lambda.Invoke",
        lambda params, **_: params["headers"].update({"X-Amzn-Trace-Id": trace}),
    )
    return made


def test_a_function_is_handed_the_trace_whether_sampled_or_not(client: Callable[[str], Any]) -> None:
    plain, traced = (
        make_function(client, CODE, TracingConfig={"Mode": mode}) for mode in ("PassThrough", "Active")
    )

    form = r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=%d;Lineage=[0-9a-f]{8}:1"
    assert re.fullmatch(form % 0, invoke(client, plain).payload)
    assert re.fullmatch(form % 1, invoke(client, traced).payload)


def test_the_seventeenth_call_of_a_chain_is_refused(client: Callable[[str], Any]) -> None:
    name = make_function(client, CODE)

    sixteenth = lambda_client(client, f"{TRACE};Lineage=a1b2c3d4:15").invoke(FunctionName=name)
    seventeenth = refusal(lambda_client(client, f"{TRACE};Lineage=a1b2c3d4:16").invoke, FunctionName=name)

    assert sixteenth["Payload"].read().decode().endswith(':16"')
    assert seventeenth.startswith("RecursiveInvocationException: ")


def test_a_function_may_be_let_off(client: Callable[[str], Any]) -> None:
    name = make_function(client, CODE)
    client("lambda").put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")

    answer = lambda_client(client, f"{TRACE};Lineage=a1b2c3d4:40").invoke(FunctionName=name)

    assert answer["Payload"].read().decode().endswith(':41"')
