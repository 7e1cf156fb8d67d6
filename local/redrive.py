"""Move a dead-letter queue's messages back: `make redrive QUEUE=FailureQueue`.

What a message is says where it came from, and so where it goes back to.
layers/operations/operations/moving.py has the ways, which the operations API goes too.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

import local.domains  # noqa: F401 - so that operations is found
from local import reach
from local.cloud import LocalError
from local.deploy import stack
from local.progress import Phase, Progress
from operations.moving import Round, move_all

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, read_timeout=90)


@dataclass
class Account:
    """The account that holds the stack: its clients, one a service."""

    known: Mapping[str, str]
    _clients: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, service: str) -> Any:
        """Return the client of a service."""
        if service not in self._clients:
            self._clients[service] = reach.client(self.known, service, CONFIG)
        return self._clients[service]

    def pause(self, seconds: float) -> None:
        """Wait between two tries."""
        time.sleep(seconds)


def queue_url(account: Account, named: str) -> str:
    """Return the URL of a queue: named by its URL, an output, its logical id, or its own name.

    Raises
    ------
    LocalError
        When there is none, or more than one.
    """
    if named.startswith("http"):
        return named
    if named in account.known:
        return account.known[named]
    queues = [
        row
        for nested in stack.within(account["cloudformation"], account.known["StackName"])
        for row in nested.resources
        if row.type == "AWS::SQS::Queue"
    ]
    found = [row for row in queues if named in {row.path[-1], row.name, row.physical_id.rpartition("/")[2]}]
    if len(found) != 1:
        names = ", ".join(row.name for row in found or queues)
        what = "There are several queues" if found else "There is no queue"
        raise LocalError(f"{what} {named!r}: name one of {names}.")
    return found[0].physical_id


def redrive(account: Account, url: str, phase: Phase) -> tuple[Counter[str], Counter[str]]:
    """Move every message back; return how many went where, and how many stay for which reason."""

    def tell(done: Round) -> None:
        stay = done.stay.total()
        phase.note = f"{done.moved.total():,} moved" + (f", {stay:,} stay" if stay else "")

    done = move_all(account, url, sent_before=time.time(), tell=tell)
    return done.moved, done.stay


def main(arguments: list[str]) -> int:
    """Move a queue's messages; return 1 when some stay."""
    parser = argparse.ArgumentParser(
        prog="python -m local.redrive", description="Move a dead-letter queue's messages back."
    )
    parser.add_argument(
        "queue", help="its logical id, such as FailureQueue, an output that has it, or its URL"
    )
    parser.add_argument("--outputs", type=Path, default=reach.OUTPUTS, help="the stack's outputs")
    options = parser.parse_args(arguments)
    try:
        account = Account(reach.read(options.outputs))
        url = queue_url(account, options.queue)
        with Progress(Console(stderr=True, highlight=False)) as progress, progress.phase("redrive") as phase:
            moved, stay = redrive(account, url, phase)
    except (LocalError, ClientError, BotoCoreError) as error:
        print(f"redrive: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("redrive: stopped; what was not moved is in the queue.", file=sys.stderr)
        return 130
    for where, count in moved.items():
        print(f"{count:>7,}  back to {where}")
    for reason, count in stay.items():
        print(f"{count:>7,}  stay: {reason}")
    if not moved and not stay:
        print("      0  messages: the queue is empty")
    return 1 if stay else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
