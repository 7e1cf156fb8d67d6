"""Redrives: what staff asked for, how far it is, and how it ended.

There is one redrive of a queue at a time, and the last one is kept.

| attribute of RedrivesTable | holds |
| --- | --- |
| `application` | partition key: always `lens`, so that one Query reads all |
| `queue` | sort key: the queue's logical id |
| as in `Redrive` | what staff see |
| `asked_by` | the Cognito `sub` of who asked for it |

A redrive is an execution of a state machine under the same id (statemachines/redrive.asl.yaml). It goes round
by round, as long as a function may run; a round in which something stays is the last one.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from operations.moving import move_all
from shared.clock import as_text, now
from shared.ids import uuid7
from shared.items import Update
from shared.problems import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from operations.moving import Clients, Round
    from shared.items import Item
    from shared.tables import Table
    from shared.workflows import Workflow

APPLICATION = "lens"
LOST_SECONDS = 1800  # longer than the state machine's worst case
ROUND_SECONDS = 10
"""How long a round begins with further messages; the last one may take as long as a function it calls."""


class Redrive(msgspec.Struct, frozen=True, omit_defaults=True):
    """A redrive as staff see it.

    `moved` and `stay` count messages; `reasons` says why some stay, and `destinations` where the others went.
    """

    redrive_id: str
    queue: str
    status: Literal["RUNNING", "DONE", "FAILED"]
    started_at: str
    moved: int = 0
    stay: int = 0
    destinations: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    ended_at: str = ""


class Job(msgspec.Struct, frozen=True):
    """The input of the state machine, and of each round."""

    queue: str
    redrive_id: str


class NeverRedriven(NotFound):
    """The queue was never redriven."""

    def __init__(self) -> None:
        super().__init__("Nobody has redriven this queue yet.")


class Redrives:
    """The last redrive of each queue.

    Parameters
    ----------
    table
        RedrivesTable.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> dict[str, Redrive]:
        """Return the last redrive of every queue that has one, by the queue's name. One Query."""
        page = self._table.query(("application", APPLICATION), consistent=True)
        return {str(item["queue"]): _redrive(item) for item in page.items}

    def get(self, queue: str) -> Redrive:
        """Return the last redrive of a queue. One strongly consistent GetItem.

        Raises
        ------
        NeverRedriven
            When there is none.
        """
        item = self._table.get(_key(queue), consistent=True)
        if item is None:
            raise NeverRedriven
        return _redrive(item)

    def begin(self, queue: str, by: str, workflow: Workflow) -> Redrive:
        """Have a queue redriven, or find the redrive that is under way: a PutItem and a start.

        A try that dies between the two is carried on by the next one: an execution has the redrive's id for
        its name, and is started once.
        """
        wanted = Redrive(uuid7(), queue, "RUNNING", now())
        # One that has run for longer than it can is lost, and in nobody's way.
        lost = as_text(datetime.now(UTC) - timedelta(seconds=LOST_SECONDS))
        stored = self._table.put_if(
            "attribute_not_exists(queue) OR redrive_status <> :running OR started_at < :lost",
            {**_key(queue), **_item(wanted), "asked_by": by},
            {":running": "RUNNING", ":lost": lost},
        )
        redrive = wanted if stored is None else _redrive(stored)
        workflow.start(redrive.redrive_id, Job(queue, redrive.redrive_id))
        return redrive

    def note(self, job: Job, done: Round, *, last: bool) -> None:
        """Add what a round did; after the last one the redrive is done. One UpdateItem."""
        ended = {":ended": now(), ":done": "DONE"} if last else {}
        where = {":destinations": sorted(done.moved)} if done.moved else {}
        self._table.update_if(
            Update(
                key=_key(job.queue),
                condition="redrive_id = :id AND redrive_status = :running",
                change="SET stay = :stay, reasons = :reasons"
                + (", destinations = :destinations" if where else "")
                + (", redrive_status = :done, ended_at = :ended" if last else "")
                + " ADD moved :moved",
                values={
                    ":id": job.redrive_id,
                    ":running": "RUNNING",
                    ":moved": done.moved.total(),
                    ":stay": done.stay.total(),
                    ":reasons": sorted(done.stay),
                    **where,
                    **ended,
                },
            )
        )


def one_round(clients: Clients, url: str, redrives: Redrives, job: Job) -> bool:
    """Move what a function's time allows; return whether there may be more to move.

    What arrived after the redrive was asked for stays: what fails again at once does not go round.
    """
    asked = datetime.fromisoformat(redrives.get(job.queue).started_at).timestamp()
    done = move_all(clients, url, sent_before=asked, until=time.monotonic() + ROUND_SECONDS)
    more = not done.whole and not done.stay
    redrives.note(job, done, last=not more)
    return more


def _key(queue: str) -> Item:
    return {"application": APPLICATION, "queue": queue}


def _item(redrive: Redrive) -> dict[str, Any]:
    """Return the attributes of a redrive; `status` is a word that DynamoDB keeps for itself."""
    told: dict[str, Any] = msgspec.to_builtins(redrive)
    return {**told, "redrive_status": told.pop("status")}


def _redrive(item: Mapping[str, Any]) -> Redrive:
    """Return a redrive from its item; one that has run for longer than it can is lost."""
    redrive = msgspec.convert({**item, "status": item["redrive_status"]}, Redrive)
    age = datetime.now(UTC) - datetime.fromisoformat(redrive.started_at)
    if redrive.status == "RUNNING" and age.total_seconds() > LOST_SECONDS:
        return msgspec.structs.replace(redrive, status="FAILED")
    return redrive
