"""Name what is deployed: `sam deploy --parameter-overrides file://$(python3 -m local.release sandbox)`.

A release is what `sam build` made together with the stage's parameters, and its digest is its name: the same
again is the same release. The root template asks for it as the parameter Release. Every function is published
as a version of it, and the alias `live`, by which all of them are called, moves on to those versions;
`python -m local.versions` moves it back.

Without it AWS SAM publishes a function when its own folder has changed, and not when a layer or a parameter
has: https://github.com/aws/serverless-application-model/issues/3610 and /3820.

Needs nothing but Python, so that a SAM CLI of one's own can be used.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".aws-sam/build"
PARAMETER = "Release"
LENGTH = 12
"""Digits of a digest; SAM takes 10 of them into the logical ids of versions."""


class ReleaseError(Exception):
    """There is nothing to release; the message is one line that says what is wrong and what to do."""


def overrides(config: Path, stage: str) -> dict[str, str]:
    """Return the parameters that a section of samconfig.toml gives to the root template.

    Raises
    ------
    ReleaseError
        When there is no such section, or the file cannot be read.
    """
    try:
        sections = tomllib.loads(config.read_text())
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise ReleaseError(f"{config.name}: {error}") from None
    if "deploy" not in sections.get(stage, {}):
        known = ", ".join(sorted(name for name, section in sections.items() if "deploy" in _table(section)))
        raise ReleaseError(f"There is no stage {stage!r}: {config.name} has {known}.")
    given: str | list[str] = []
    for command in ("global", "deploy"):
        section = sections[stage].get(command, {}).get("parameters", {})
        given = section.get("parameter_overrides", given)
    pairs = shlex.split(given) if isinstance(given, str) else given
    return dict(pair.split("=", 1) for pair in pairs)


def digest(build: Path, parameters: Mapping[str, str]) -> str:
    """Return the name of a release: LENGTH hexadecimal digits.

    Parameters
    ----------
    build
        What `sam build` made.
    parameters
        Those of the root template.
    """
    total = hashlib.sha256(json.dumps(sorted(parameters.items())).encode())
    for path in sorted(path for path in build.rglob("*") if path.is_file()):
        total.update(path.relative_to(build).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:LENGTH]


def write(stage: str, config: Path, build: Path) -> Path:
    """Write a stage's parameters and the release, as SAM CLI takes them from a file; return the file.

    Raises
    ------
    ReleaseError
        When nothing was built, or there is no such stage.
    """
    if not (build / "template.yaml").is_file():
        raise ReleaseError("There is no build: run `sam build`.")
    given = overrides(config, stage)
    file = build.parent / f"parameters-{stage}.yaml"
    # JSON is YAML, and YAML is what SAM CLI reads.
    file.write_text(json.dumps({**given, PARAMETER: digest(build, given)}, indent=2) + "\n")
    return file


def _table(section: object) -> Mapping[str, object]:
    return section if isinstance(section, dict) else {}


def main(arguments: list[str]) -> int:
    """Write the file for a stage and print where it is; return 1 when there is nothing to release."""
    parser = argparse.ArgumentParser(prog="python -m local.release", description="Name what is deployed.")
    parser.add_argument("stage", help="a stage in AWS, such as sandbox")
    options = parser.parse_args(arguments)
    try:
        print(write(options.stage, ROOT / "samconfig.toml", BUILD))
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
