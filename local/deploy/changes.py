"""Tell what a deploy changed: CloudFormation's events would do, but the engine's name every resource."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import release
from local.deploy.stack import NESTED, Stack

OF_EVERY_RELEASE = {NESTED, "AWS::Lambda::Version", "AWS::Lambda::Alias"}
"""What each release changes, by its name alone."""

NAMES_ON_A_LINE = 5


@dataclass(frozen=True)
class Change:
    """What became of one resource: its logical ids from the root, and created, updated or deleted."""

    path: tuple[str, ...]
    what: str


def snapshot(stacks: Iterable[Stack]) -> dict[tuple[str, ...], str]:
    """Return the definition of resources, their parameters filled in, by their paths.

    Nested stacks are left out, and what tells releases apart: versions, aliases and the release's name.
    """
    found = {}
    for stack in stacks:
        conditions = _filled(stack.template.get("Conditions", {}), stack.parameters)
        for resource in stack.resources:
            if resource.type not in OF_EVERY_RELEASE:
                definition = _filled(stack.template["Resources"][resource.path[-1]], stack.parameters)
                text = json.dumps(definition, sort_keys=True, default=str)
                text = text.replace(stack.parameters.get(release.PARAMETER) or "no release", "")
                found[resource.path] = text + json.dumps(conditions) if '"Fn::If"' in text else text
    return found


def between(before: Mapping[tuple[str, ...], str], after: Mapping[tuple[str, ...], str]) -> list[Change]:
    """Return what happened from one snapshot to the next."""
    return [
        *(Change(path, "created") for path in after if path not in before),
        *(Change(path, "updated") for path in after if path in before and before[path] != after[path]),
        *(Change(path, "deleted") for path in before if path not in after),
    ]


def keep(taken: Mapping[tuple[str, ...], str], file: Path) -> None:
    """Write a snapshot to a file."""
    file.write_text(json.dumps(list(taken.items())))


def kept(file: Path) -> dict[tuple[str, ...], str]:
    """Return the snapshot that was written to a file; an empty one where there is none."""
    if not file.exists():
        return {}
    return {tuple(path): definition for path, definition in json.loads(file.read_text())}


def summary(changes: Iterable[Change]) -> str:
    """Return on one line what changed, by name where that is short enough to read."""
    names: dict[str, list[str]] = {}
    for change in changes:
        names.setdefault(change.what, []).append("/".join(change.path))
    parts = [
        f"{len(paths)} {what}" + (f": {', '.join(paths)}" if len(paths) <= NAMES_ON_A_LINE else "")
        for what, paths in names.items()
    ]
    return "; ".join(parts) or "nothing changed"


def _filled(value: Any, parameters: Mapping[str, str]) -> Any:
    """Return an expression with its parameters' values in it."""
    if isinstance(value, list):
        return [_filled(item, parameters) for item in value]
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in parameters:
            return parameters[value["Ref"]]
        return {key: _filled(item, parameters) for key, item in value.items()}
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda match: parameters.get(match[1], match[0]), value)
    return value
