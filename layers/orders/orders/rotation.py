"""How the provider's key is rotated: the four steps of Secrets Manager, each of which can be repeated.

| step | what it does | where it is repeated |
| --- | --- | --- |
| createSecret | makes a key and keeps it as pending | the pending one is there |
| setSecret | registers it with the provider, on the word of the key before | it is registered |
| testSecret | calls the provider with it | it calls again |
| finishSecret | makes it the current one, then has the provider retire the others | what is done stays |

From setSecret on both keys are taken, and the one before until `overlap` after finishSecret: whoever read it
just before is still let in. It is retired last, so that the current key is taken at any moment, wherever a
rotation stops.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from orders.ports import KeyRefused

if TYPE_CHECKING:
    from orders.sandbox_keys import SandboxKeys
    from shared.rotation import Task, Versions


class NotPending(Exception):  # noqa: N818 - named by what it says
    """The version is none that is to become current: the rotation is another one's, or over."""


def rotate(task: Task, versions: Versions, provider: SandboxKeys, overlap: int) -> None:
    """Do one step.

    Parameters
    ----------
    task
        The step, and the version that is to become current.
    versions
        Those of the secret.
    provider
        Who has to take the key.
    overlap
        For how many seconds the key before is still taken.

    Raises
    ------
    NotPending
        When the version is neither pending nor current.
    KeyRefused
        When the provider refuses the key, or nobody vouches for it.
    """
    version = task.client_request_token
    labels = versions.labels(version)
    if "AWSCURRENT" in labels:
        if task.step == "finishSecret":  # it ended between its two halves
            _retire(versions.value("AWSCURRENT", version), provider, overlap)
        return
    if "AWSPENDING" not in labels:
        raise NotPending(f"the version is not pending, in {task.step}")
    pending = versions.value("AWSPENDING", version)
    match task.step:
        case "createSecret":
            if pending is None:
                versions.add_pending(version, _a_key())
        case "setSecret":
            before = (versions.value("AWSCURRENT"), versions.value("AWSPREVIOUS"))
            provider.register(_made(pending), [key for key in before if key])
        case "testSecret":
            if not provider.accepts(_made(pending)):
                raise KeyRefused("the provider does not take the pending key")
        case "finishSecret":
            # It vouches for itself; a step of the rotation before that came late may have begun to retire it.
            provider.register(_made(pending), [])
            versions.make_current(version)
            _retire(pending, provider, overlap)


def _a_key() -> str:
    # As those of payment companies it begins with what it is, so that one that leaked is found.
    return f"lens_sandbox_{secrets.token_urlsafe(32)}"


def _made(key: str | None) -> str:
    if key is None:
        raise NotPending("the version has no value yet")
    return key


def _retire(key: str | None, provider: SandboxKeys, overlap: int) -> None:
    provider.retire_others(_made(key), overlap)
