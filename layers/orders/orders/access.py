"""Who of the callers is staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.problems import Forbidden

if TYPE_CHECKING:
    from shared.http import Caller

STAFF = "staff"


def staff_only(caller: Caller) -> str:
    """Return the id of somebody in the group staff.

    Raises
    ------
    Forbidden
        For everybody else.
    """
    if STAFF not in caller.groups:
        raise Forbidden("Only staff may do this.")
    return caller.id
