"""Who may see and do what of operations: staff, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.problems import Forbidden

if TYPE_CHECKING:
    from shared.http import Caller

STAFF = "staff"


def staff_only(caller: Caller) -> str:
    """Return the id of a caller of the staff.

    Raises
    ------
    Forbidden
        For everybody else.
    """
    if STAFF not in caller.groups:
        raise Forbidden("Only staff operate the application.")
    return caller.id
