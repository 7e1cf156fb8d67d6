"""Rotates the provider's key: Secrets Manager calls it with one step after the other."""

from typing import Any

import msgspec

from orders.rotation import rotate
from orders.sandbox_keys import SandboxKeys
from shared import config
from shared.observability import logger, observed
from shared.rotation import Task, Versions
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables: `key_overlap_seconds` is how long an old key is still taken."""

    provider_keys_table: str
    key_overlap_seconds: int


settings = config.read(Settings)
provider = SandboxKeys(Table(settings.provider_keys_table))


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    """Do the step in the event."""
    task = msgspec.convert(event, Task)
    rotate(task, Versions(task.secret_id), provider, settings.key_overlap_seconds)
    logger.info("rotated", extra={"step": task.step, "version": task.client_request_token})
