"""Execution environments end with their function, and all of them with the engine.

The stock engine keeps the processes of a function that a stack deleted. Told to end, it waits for
the handlers that run, however long they take, and leaves their files behind.

After https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (the Shutdown phase) and
https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

import hypercorn.asyncio  # type: ignore[import-not-found] # the engine's
from ministack.core import lambda_runtime as runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc as service
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = "AWS::Lambda::Function"


async def serve_until_told(serve: Callable[..., Any], app: Any, config: Any) -> None:
    """Serve until a signal ends the process, and end the functions first: requests wait for their answers."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)

    async def functions_ended() -> None:
        await told.wait()
        await asyncio.to_thread(runtime.reset)

    await serve(app, config, shutdown_trigger=functions_ended)
    # Those that an event source started meanwhile, and the unpacked code of all.
    await asyncio.to_thread(service.reset)


def fill() -> None:
    """End environments where the engine forgets them."""
    serve = hypercorn.asyncio.serve
    delete = provisioners._RESOURCE_HANDLERS[KIND]["delete"]

    async def serve_and_end(app: Any, config: Any) -> None:
        await serve_until_told(serve, app, config)

    def delete_and_end(name: str, properties: dict[str, Any]) -> None:
        delete(name, properties)
        service.invalidate_worker(name, account=get_account_id(), region=get_region())

    hypercorn.asyncio.serve = serve_and_end
    provisioners._RESOURCE_HANDLERS[KIND]["delete"] = delete_and_end
