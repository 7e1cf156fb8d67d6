"""Show the releases that a stack keeps, and put one back: `python -m local.versions --back`.

A release is what was deployed at once (local/release.py). Of each there is a published version of every
function, which cannot change: its code, layers and settings. Callers name the alias `live`, which a deploy
moves on to the versions that it made, and this moves back, within seconds and without a build.

What calls functions stays as it was deployed: the contracts, the state machines, the mappings. They have to
agree with the release before as much as with their own. That asks for nothing more than a deploy does,
during which each of them is a while beside the other. The next deploy moves the alias on again.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local import reach
from local.cloud import LocalError
from local.deploy import stack
from local.destroy import DestroyError, stack_name
from local.progress import Phase, Progress

ALIAS = "live"
NAMED = re.compile(r"(?:^| )([0-9a-f]{10,64})$")
"""How the description of every version ends: SAM puts the release there."""
KEPT = 5
"""Releases; all versions of an account's functions and layers may have 75 GB."""
AT_ONCE = 8
CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 6})


@dataclass(frozen=True)
class Version:
    """A published version of a function: its number, the release it is of, and its date as Lambda has it."""

    number: str
    release: str
    at: str


@dataclass(frozen=True)
class Function:
    """A function behind the alias.

    Attributes
    ----------
    name
        Its place in the stack: `Orders/CreateOrder`.
    physical_id
        As Lambda names it.
    live
        The number of the version that the alias names.
    revision
        The alias's, so that two commands do not move it at once.
    versions
        All that are published, oldest first.
    """

    name: str
    physical_id: str
    live: str
    revision: str
    versions: tuple[Version, ...]

    def of(self, release: str) -> Version | None:
        """Return its newest version of a release; None where it has none."""
        return next((version for version in reversed(self.versions) if version.release == release), None)

    @property
    def release(self) -> str:
        """The release that it serves; empty where that version is of none."""
        return next((version.release for version in self.versions if version.number == self.live), "")


@dataclass(frozen=True)
class Move:
    """What putting a release back did: how many functions it moved, and which are not in that release."""

    release: str
    moved: int
    absent: tuple[str, ...]


def functions(client: Callable[[str], Any], name: str) -> list[Function]:
    """Return the functions of a stack that are behind the alias.

    Parameters
    ----------
    client
        Returns a boto3 client of the account for the name of a service.
    name
        The stack's.

    Raises
    ------
    LocalError
        When the stack is being changed.
    """
    formation, lambdas = client("cloudformation"), client("lambda")
    status = formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        raise LocalError(f"{name} is being changed ({status}): wait for that to end.")
    found = [
        (row.physical_id.split(":")[-2], row.name.removesuffix(f"Alias{ALIAS}"))
        for one in stack.within(formation, name)
        for row in one.resources
        if row.type == "AWS::Lambda::Alias" and row.physical_id.endswith(f":{ALIAS}")
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda row: read(lambdas, *row), found))


def read(lambdas: Any, physical_id: str, name: str) -> Function:
    """Return a function, which is at this place in its stack."""
    alias = lambdas.get_alias(FunctionName=physical_id, Name=ALIAS)
    pages = lambdas.get_paginator("list_versions_by_function").paginate(FunctionName=physical_id)
    versions = tuple(
        Version(row["Version"], release_of(row.get("Description", "")), row["LastModified"])
        for page in pages
        for row in page["Versions"]
        if row["Version"] != "$LATEST"
    )
    return Function(name, physical_id, alias["FunctionVersion"], alias["RevisionId"], versions)


def release_of(description: str) -> str:
    """Return the release that a version is of; empty where its description names none."""
    named = NAMED.search(description)
    return named[1] if named else ""


def history(found: Iterable[Function]) -> list[tuple[str, str]]:
    """Return the releases that are kept, each with its date, oldest first."""
    newest: dict[str, str] = {}
    for function in found:
        for version in function.versions:
            if version.release:
                newest[version.release] = max(version.at, newest.get(version.release, ""))
    return sorted(newest.items(), key=lambda row: row[1])


def live(found: Iterable[Function]) -> str:
    """Return the release that most functions serve; empty where there is none."""
    counted = Counter(function.release for function in found if function.release)
    return counted.most_common(1)[0][0] if counted else ""


def before(found: Sequence[Function]) -> str:
    """Return the release before the one that is live.

    Raises
    ------
    LocalError
        When it is not kept.
    """
    names = [release for release, _ in history(found)]
    present = live(found)
    if present not in names[1:]:
        raise LocalError(f"No release before {present or 'this one'} is kept: `--list` shows those that are.")
    return names[names.index(present) - 1]


def move(lambdas: Any, found: Sequence[Function], release: str) -> Move:
    """Let every function serve a release; one that does already is left alone.

    Raises
    ------
    LocalError
        When there is no such release, or some functions could not be moved: the command can be given again.
    """
    if release not in dict(history(found)):
        raise LocalError(f"There is no release {release!r}: `--list` shows those that are kept.")
    targets = [(one, version) for one in found if (version := one.of(release)) and version.number != one.live]

    def move_one(target: tuple[Function, Version]) -> str:
        function, version = target
        try:
            lambdas.update_alias(
                FunctionName=function.physical_id,
                Name=ALIAS,
                FunctionVersion=version.number,
                RevisionId=function.revision,
            )
        except (ClientError, BotoCoreError) as error:
            return f"{function.name}: {error}"
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        failures = list(filter(None, pool.map(move_one, targets)))
    if failures:
        raise LocalError(
            f"{len(failures)} of {len(targets)} functions were not moved, the others were: do it again. "
            f"The first is {failures[0]}"
        )
    return Move(release, len(targets), tuple(one.name for one in found if one.of(release) is None))


def prune(lambdas: Any, found: Sequence[Function], keep: int = KEPT) -> int:
    """Delete the versions of all but the newest releases; return how many there were.

    What an alias names stays in any case.
    """
    kept = {release for release, _ in history(found)[-keep:]}
    gone = [
        (function.physical_id, version.number)
        for function in found
        for version in function.versions
        if version.release not in kept and version.number != function.live
    ]

    def delete(version: tuple[str, str]) -> None:
        lambdas.delete_function(FunctionName=version[0], Qualifier=version[1])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(delete, gone))
    return len(gone)


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    parsed = argparse.ArgumentParser(
        prog="python -m local.versions", description="Show the releases that a stack keeps, or put one back."
    )
    where = parsed.add_mutually_exclusive_group()
    where.add_argument("--outputs", type=Path, default=reach.OUTPUTS, help="the stack's outputs")
    where.add_argument("--stage", help="a stage in AWS, such as sandbox")
    what = parsed.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="show the releases that are kept (the default)")
    what.add_argument("--back", action="store_true", help="put the release before the one that is live back")
    what.add_argument("--to", metavar="RELEASE", help="put this release in place, an older or a newer one")
    what.add_argument("--prune", action="store_true", help=f"delete all but the newest {KEPT} releases")
    return parsed


def run(options: argparse.Namespace, phase: Phase) -> list[str]:
    """Do what the command line says; return the lines to print."""
    known = {} if options.stage else reach.read(options.outputs)
    name = stack_name(options.stage) if options.stage else reach.output(known, "StackName")
    client = partial(reach.client, known, config=CONFIG)
    found = functions(client, name)
    phase.note = f"{len(found)} functions"
    if options.prune:
        return [f"{prune(client('lambda'), found)} versions of older releases deleted"]
    present = live(found)
    if options.back or options.to:
        done = move(client("lambda"), found, options.to or before(found))
        phase.note = f"{present} to {done.release}"
        said = [f"{done.moved} of {len(found)} functions serve {done.release} instead of {present}."]
        if done.absent:
            said.append(f"Not in it, and as they were: {', '.join(done.absent)}")
        return said
    return [f"{release}  {at[:19]}{'  live' if release == present else ''}" for release, at in history(found)]


def main(arguments: list[str]) -> int:
    """Run the command; return 1 when it is not possible."""
    options = parser().parse_args(arguments)
    try:
        with Progress(Console(stderr=True, highlight=False)) as progress, progress.phase("versions") as phase:
            lines = run(options, phase)
    except (DestroyError, LocalError, ClientError, BotoCoreError) as error:
        print(f"versions: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("versions: stopped; `--list` shows what is live.", file=sys.stderr)
        return 130
    print("\n".join(lines) or "No release is kept: deploy one.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
