"""Build and package the templates with AWS SAM CLI, as an AWS user would, for this machine."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from local import release
from local.cloud import CREDENTIALS, Cloud, LocalError, clean_environment
from local.engine.process import REGION, ROOT
from local.tool import Tool

ENVIRONMENTS = ROOT / ".local/envs"
SAM = ENVIRONMENTS / "sam/bin/sam"
BUCKET = "serverless-lens-artifacts"
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def parameters(project: Path) -> dict[str, str]:
    """Return the root template's parameters here: samconfig.toml's section `local`, and what this machine is.

    Raises
    ------
    LocalError
        When Lambda has no such architecture, or samconfig.toml cannot be read.
    """
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        raise LocalError(f"Lambda has no architecture for this machine ({machine}): use x86_64 or arm64.")
    try:
        given = release.overrides(project / "samconfig.toml", "local")
    except release.ReleaseError as error:
        raise LocalError(str(error)) from None
    return {
        **given,
        "Stage": "local",
        "PythonRuntime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Architecture": ARCHITECTURES[machine],
    }


def check_syntax(project: Path) -> None:
    """Compile every function and layer: it costs milliseconds, and a deployed syntax error costs a search.

    Raises
    ------
    LocalError
        With the first error's file and line.
    """
    for folder in ("functions", "layers"):
        for path in sorted((project / folder).rglob("*.py")):
            try:
                compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                line = getattr(error, "lineno", None)
                where = (
                    f"{path.relative_to(project)}, line {line}" if line else str(path.relative_to(project))
                )
                raise LocalError(f"{where}: {getattr(error, 'msg', error)}") from None


@contextlib.contextmanager
def workshop(cloud: Cloud) -> Iterator[Path]:
    """Hold the folder that SAM CLI builds in, one copy at a time: all share it, and so its cache."""
    folder = cloud.home / "sam"
    (folder / "home").mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # SAM CLI, which is pinned, would ask PyPI now and then whether there is a later one.
        (folder / "home/metadata.json").write_text(json.dumps({"lastVersionCheck": time.time()}))
        yield folder


def environment(folder: Path) -> dict[str, str]:
    """Return the environment to run SAM CLI in."""
    python = ENVIRONMENTS / "uv/bin"  # The one that has pip, which SAM CLI and the layers install with.
    search_path = [str(python), str(SAM.parent), os.environ.get("PATH", os.defpath)]
    return {
        **clean_environment(),
        "PATH": os.pathsep.join(search_path),
        "LAYER_PYTHON": str(python / "python"),
        "LAYER_PLATFORM": "host",
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(folder / "home"),
    }


def build(cloud: Cloud, folder: Path, given: Mapping[str, str]) -> Tool:
    """Start `sam build` of the project; its product is the template that `built` names."""
    command: list[str | Path] = [SAM, "build", "--cached", "--parallel", "--template-file", "template.yaml"]
    command += ["--build-dir", folder / "build", "--cache-dir", folder / "cache", "--parameter-overrides"]
    command += [f"{key}={value}" for key, value in given.items()]
    return Tool(command, log=cloud.folder / "build.log", env=environment(folder), cwd=cloud.project)


def built(folder: Path) -> Path:
    """Return the built root template."""
    return folder / "build/template.yaml"


def package(cloud: Cloud, folder: Path) -> Tool:
    """Start `sam package` of what was built, into a bucket of the local engine; its product is `packaged`."""
    s3 = cloud.client("s3")
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    command: list[str | Path] = [SAM, "package", "--template-file", built(folder), "--s3-bucket", BUCKET]
    command += ["--output-template-file", packaged(cloud), "--region", REGION]
    variables = {**environment(folder), **CREDENTIALS, "AWS_ENDPOINT_URL": cloud.url}
    return Tool(command, log=cloud.folder / "package.log", env=variables, cwd=cloud.project)


def packaged(cloud: Cloud) -> Path:
    """Return the root template whose code and children are in the local bucket."""
    return cloud.folder / "packaged.yaml"


def doing(said: str) -> str:
    """Return what SAM CLI is at, from its last words."""
    lines = [line for line in said.splitlines() if re.match(r"Build|\S+: Running|Valid cache|Cache is", line)]
    return lines[-1] if lines else ""


def explain(what: str, running: Tool) -> LocalError:
    """Return the error to raise for a failed run of SAM CLI: what it gave as the error, on one line."""
    said = running.said
    errors = re.findall(r"^Error: (.*(?:\n(?!\n).*)*)", said, re.MULTILINE)
    reason = " ".join((errors[-1] if errors else said[-300:]).split())
    return LocalError(f"{what} failed: {reason} (all of it in {running.log})")
