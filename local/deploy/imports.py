"""Import every function that a deploy touched, as the runtime would at its first request."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.cloud import CREDENTIALS, Cloud, LocalError
from local.deploy.changes import Change
from local.deploy.stack import Resource
from local.engine.process import FUNCTION_PYTHON

SECONDS = 30
SAM_SUFFIX = r"[0-9a-f]{10}$"
"""What SAM puts after the logical id of a layer, so that each content has its own resource."""

LOAD = """
import importlib, json, os, sys, traceback
module, _, name = sys.argv[1].rpartition(".")
try:
    getattr(importlib.import_module(module.replace("/", ".")), name)
except BaseException as error:
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        frames.append((error.filename, error.lineno))
    own = [frame for frame in frames if frame[0] and frame[0].startswith(tuple(sys.argv[2:]))]
    print(json.dumps([f"{type(error).__name__}: {error}", *(own[-1] if own else (None, None))]))
"""


@dataclass(frozen=True)
class Import:
    """What it takes to import one function: its place, handler, folders (its own first) and variables."""

    name: str
    handler: str
    folders: tuple[Path, ...]
    variables: dict[str, str]

    def failure(self, project: Path) -> str | None:
        """Import it in a process of its own and return what went wrong, on one line."""
        run = subprocess.run(
            [FUNCTION_PYTHON, "-B", "-c", LOAD, self.handler, *map(str, self.folders)],
            env=self.variables | {"PYTHONPATH": os.pathsep.join(map(str, self.folders))},
            cwd=self.folders[0],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        last = run.stdout.rstrip().rpartition("\n")[2]
        if run.returncode == 0 and not last:
            return None
        reason, file, line = (
            json.loads(last) if run.returncode == 0 else (run.stderr.strip()[-200:], None, None)
        )
        where = f"{source(Path(file), project)}, line {line}: " if file else ""
        return f"{self.name} does not import: {where}{reason}"


def source(built: Path, project: Path) -> Path:
    """Return the source, within the project, of a file in the build; the built one where it is not found."""
    content = built.read_bytes()
    for folder in ("functions", "layers"):
        for path in sorted((project / folder).rglob(built.name)):
            if path.read_bytes() == content:
                return path.relative_to(project)
    return built


def check(cloud: Cloud, build: Path, found: Sequence[Resource], changes: Iterable[Change]) -> int:
    """Import the functions among the changes; return how many there were.

    Parameters
    ----------
    cloud
        The copy of the application that they are deployed to.
    build
        The folder of the build that was deployed.
    found
        The resources that are deployed.
    changes
        What the deploy did.

    Raises
    ------
    LocalError
        With the first function that cannot be imported, and why.
    """
    touched = {change.path for change in changes}
    layers = {
        row.physical_id: build.joinpath(*row.path[:-1], re.sub(SAM_SUFFIX, "", row.path[-1]))
        for row in found
        if row.type == "AWS::Lambda::LayerVersion"
    }
    imports = []
    for row in found:
        if row.type == "AWS::Lambda::Function" and row.path in touched and build.joinpath(*row.path).is_dir():
            answer = cloud.client("lambda").get_function_configuration(FunctionName=row.physical_id)
            used = [
                layers[layer["Arn"]] / "python"
                for layer in answer.get("Layers", [])
                if layer["Arn"] in layers
            ]
            own = {
                "AWS_LAMBDA_FUNCTION_NAME": row.physical_id,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(answer["MemorySize"]),
                "AWS_REGION": CREDENTIALS["AWS_DEFAULT_REGION"],
                "AWS_ENDPOINT_URL": cloud.url,
            }
            variables = {**CREDENTIALS, **own, **answer.get("Environment", {}).get("Variables", {})}
            imports.append(Import(row.name, answer["Handler"], (build.joinpath(*row.path), *used), variables))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for failure in pool.map(lambda one: one.failure(cloud.project), imports):
            if failure:
                raise LocalError(failure)
    return len(imports)
