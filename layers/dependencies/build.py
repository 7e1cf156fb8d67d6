"""Build a layer of third-party code: install what is locked, drop what no function reads, compile it.

Three things make a Python function start slowly that have nothing to do with its own code (docs/cold-start.md
has the measurements), and each is undone by one step here:

install  by pip, with hashes, for Lambda's platform from any machine: no compiler, no container.
trim     botocore brings the models of some 400 services and reads, at every start, a list of all their
endpoints. compile  Lambda's file system is read-only and a zip keeps no usable dates, so Python compiles
every module again
         at every start, unless its bytecode says that it needs no check (PEP 552, unchecked hash).

The same input gives the same bytes, so an unchanged layer is not published again.
"""

from __future__ import annotations

import argparse
import compileall
import gzip
import importlib.util
import json
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

RUNTIME = (3, 13)
"""The minor version that a layer for AWS is compiled for: `PythonRuntime` in template.yaml."""

HERE = Path(__file__).resolve().parent

UNUSED = (
    "bin",  # console scripts
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",  # 1.7 MB of JavaScript
)
KEPT_OF_DIST_INFO = {"METADATA", "LICENSE", "LICENSE.txt", "NOTICE", "licenses"}
"""Enough for a scanner (Amazon Inspector reads METADATA) and for the licences' terms."""

YEAR_ZIP_BEGINS = 315532800  # 1980-01-01T00:00:00Z, in seconds since 1970


class BuildError(Exception):
    """The layer cannot be built; the message is one line that says what to do."""


def main() -> None:
    """Build into the folder that the command line names."""
    arguments = argparse.ArgumentParser(description="Build the dependencies layer.")
    arguments.add_argument("target", type=Path, help="the layer's python folder")
    arguments.add_argument("--platform", default="host", help="a wheel platform tag, or host")
    arguments.add_argument("--requirements", default="requirements.txt", help="which list to install")
    arguments.add_argument("--source", default="", help="which of it is published as pure source alone")
    options = arguments.parse_args()
    try:
        install(options.target, options.platform, HERE / options.requirements, options.source)
        trim(options.target, services())
        compile_bytecode(options.target)
    except BuildError as error:
        sys.exit(f"dependencies layer: {error}")


def install(
    target: Path, platform: str, requirements: Path = HERE / "requirements.txt", source: str = ""
) -> None:
    """Install what `requirements` locks into `target`, as wheels for `platform`.

    `source` is a package that has no wheel: pip makes one, with the locked build tools and no others.
    """
    for_platform: list[str] = []
    if platform != "host":
        runtime, this = "{}.{}".format(*RUNTIME), "{}.{}".format(*sys.version_info)
        if this != runtime:
            raise BuildError(
                f"Lambda runs Python {runtime} and this is {this}: set LAYER_PYTHON to a Python {runtime}"
            )
        for_platform = ["--platform", platform, "--implementation", "cp", "--python-version", runtime]
    with tempfile.TemporaryDirectory() as tools:
        packed: list[str] = []
        if source:
            _pip_install(Path(tools), requirements.with_name(f"{requirements.stem}-build.txt"), [], tools)
            packed = ["--no-binary", source, "--no-build-isolation"]
        _pip_install(target, requirements, [*for_platform, *packed], tools)


def _pip_install(target: Path, requirements: Path, options: list[str], tools: str) -> None:
    done = subprocess.run(  # noqa: S603 - this interpreter's pip
        [
            *(sys.executable, *pip(), "install", "--quiet", "--no-input", "--disable-pip-version-check"),
            *("--root-user-action", "ignore", "--require-hashes", "--no-deps", "--only-binary", ":all:"),
            *("--no-compile", "--upgrade", "--target", str(target), *options),
            *("--requirement", str(requirements)),
        ],
        env={**os.environ, "PYTHONPATH": tools},
        check=False,
    )
    if done.returncode:
        raise BuildError(f"pip could not install {requirements.name}; it says why above")


def pip() -> list[str]:
    """Return what runs pip under this interpreter: its own, or the wheel that Python carries."""
    if importlib.util.find_spec("pip"):
        return ["-m", "pip"]
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR")]  # where Linux distributions keep it
    if ensurepip := importlib.util.find_spec("ensurepip"):
        folders += [f"{folder}/_bundled" for folder in ensurepip.submodule_search_locations or ()]
    for folder in filter(None, folders):
        for wheel in sorted(Path(folder).glob("pip-*.whl")):
            return [str(wheel / "pip")]
    raise BuildError(f"{sys.executable} has no pip: set LAYER_PYTHON to an interpreter that has")


def services() -> dict[str, frozenset[str]]:
    """Return the operations to keep of each service to keep, from services.txt."""
    lines = (HERE / "services.txt").read_text().splitlines()
    kept = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {service: frozenset(operations.split()) for service, _, operations in kept}


def trim(target: Path, kept: dict[str, frozenset[str]]) -> None:
    """Drop from `target` what no function reads at run time."""
    for unused in UNUSED:
        shutil.rmtree(target / unused, ignore_errors=True)
    for dist_info in target.glob("*.dist-info"):
        for entry in dist_info.iterdir():
            if entry.name in KEPT_OF_DIST_INFO:
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    if (target / "botocore").exists():
        trim_services(target / "botocore/data", kept)


def trim_services(data: Path, kept: dict[str, frozenset[str]]) -> None:
    """Keep what botocore knows of the services to keep, and of their operations."""
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in kept:
            shutil.rmtree(folder)
    endpoints = json.loads((data / "endpoints.json").read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in kept}
    write_json(data / "endpoints.json", endpoints)
    for service, operations in kept.items():
        trim_service(data / service, operations)


def trim_service(folder: Path, operations: frozenset[str]) -> None:
    """Keep a service's current description, uncompressed, with these operations and no prose."""
    *outdated, current = sorted(folder.iterdir())
    for version in outdated:
        shutil.rmtree(version)
    (current / "examples-1.json").unlink(missing_ok=True)
    for packed in current.glob("*.json.gz"):
        write_json(packed.with_suffix(""), json.loads(gzip.decompress(packed.read_bytes())))
        packed.unlink()
    model = json.loads((current / "service-2.json").read_text())
    if unknown := operations - model["operations"].keys():
        raise BuildError(f"services.txt: {folder.name} has no {', '.join(sorted(unknown))}")
    model["operations"] = {name: value for name, value in model["operations"].items() if name in operations}
    used = shapes_used(model["operations"], model["shapes"])
    model["shapes"] = {name: value for name, value in model["shapes"].items() if name in used}
    model = without_prose(model)
    for parameter in model.get("clientContextParams", {}).values():
        parameter["documentation"] = ""  # here botocore reads it
    write_json(current / "service-2.json", model)


def shapes_used(node: Any, shapes: dict[str, Any]) -> set[str]:
    """Return the names of the shapes that `node` refers to, directly or through other shapes."""
    found: set[str] = set()
    open_nodes = [node]
    while open_nodes:
        match open_nodes.pop():
            case dict() as mapping:
                name = mapping.get("shape")
                if isinstance(name, str) and name not in found:
                    found.add(name)
                    open_nodes.append(shapes[name])
                open_nodes.extend(mapping.values())
            case list() as items:
                open_nodes.extend(items)
    return found


def without_prose(node: Any) -> Any:
    """Return `node` without its documentation: text for a reader, parsed at every start."""
    if isinstance(node, dict):
        return {
            key: without_prose(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    return [without_prose(item) for item in node] if isinstance(node, list) else node


def write_json(path: Path, value: Any) -> None:
    """Write `value` as compact JSON."""
    path.write_text(json.dumps(value, separators=(",", ":")))


def compile_bytecode(target: Path) -> None:
    """Put bytecode that is used as it stands beside each module, and the same date on every file."""
    compiled = compileall.compile_dir(
        target,
        stripdir=str(target),
        prependdir="/opt/python",  # where Lambda unpacks a layer: what a stack trace shows
        quiet=1,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise BuildError("a module could not be compiled; the message is above")
    for path in [target, *target.rglob("*")]:
        os.utime(path, (YEAR_ZIP_BEGINS, YEAR_ZIP_BEGINS))


if __name__ == "__main__":
    main()
