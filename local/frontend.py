"""Build the web app, serve it for development, and check it: `python -m local.frontend build|dev|check`."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from local.cloud import LocalError, named_by
from local.tool import Tool

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
DIST = FRONTEND / "dist"
INSTALLED = FRONTEND / "node_modules/.made-from"
BUILT = ROOT / ".local/frontend.json"
NODE = ROOT / ".local/envs/node/bin"
"""Where the set-up puts Node.js on a machine that has none."""
SHOWN_ON_FAILURE = 12


def build() -> bool:
    """Make frontend/dist of the sources; tell whether there was anything to do.

    Two at once wait for each other, and dist is replaced whole: a reader never sees half of one.

    Raises
    ------
    LocalError
        When a package cannot be had or the sources do not fit.
    """
    with _one_at_a_time():
        made_from = _digest(_sources())
        if DIST.exists() and _read(BUILT) == made_from:
            return False
        _install()
        draft = DIST.with_name("dist.draft")
        _npm("run", "build", "--", "--outDir", draft.name, "--emptyOutDir")
        BUILT.unlink(missing_ok=True)
        shutil.rmtree(DIST, ignore_errors=True)
        draft.rename(DIST)
        BUILT.write_text(json.dumps(made_from))
        return True


def start_build(log: Path) -> Tool:
    """Begin to build in the background."""
    command = [sys.executable, "-m", "local.frontend", "build"]
    return Tool(command, log=log, env=dict(os.environ), cwd=ROOT)


def finish_build(tool: Tool) -> None:
    """Wait for a build in the background.

    Raises
    ------
    LocalError
        When it failed; what it said is shown.
    """
    while tool.code is None:
        time.sleep(0.05)
    if tool.code:
        *lines, last = tool.said.strip().splitlines() or [""]
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        raise LocalError(last.removeprefix("web: "))


def develop(outputs: Path) -> int:
    """Serve the sources with hot reload before the stack whose outputs are named, until Ctrl-C.

    Raises
    ------
    LocalError
        When there is no such stack.
    """
    if not outputs.exists():
        raise LocalError("No stack is up to develop against: `make up` first, then try again.")
    with _one_at_a_time():
        _install()
    command = ["npm", "run", "dev"]
    return subprocess.run(
        command, cwd=FRONTEND, env={**_environment(), "LENS_OUTPUTS": str(outputs)}, check=False
    ).returncode


def check() -> None:
    """Check types, style and format.

    Raises
    ------
    LocalError
        When there is a finding.
    """
    with _one_at_a_time():
        _install()
        _npm("run", "check")


def _sources() -> Iterator[Path]:
    """Yield what a build depends on: the app's own files and the contracts."""
    yield from (ROOT / "functions").glob("*/openapi.yaml")
    yield from (path for path in FRONTEND.glob("*") if path.is_file())
    for folder in ("src", "scripts", "public"):
        yield from (path for path in (FRONTEND / folder).rglob("*") if path.is_file())


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        if "contracts" not in path.parts:  # made of the contracts by the build itself
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _read(stamp: Path) -> object:
    try:
        return json.loads(stamp.read_text())
    except (OSError, ValueError):
        return None


def _install() -> None:
    """Install the packages of the lock, unless they are."""
    made_from = _digest([FRONTEND / "package-lock.json"])
    if _read(INSTALLED) != made_from:
        _npm("ci")
        INSTALLED.write_text(json.dumps(made_from))


def _npm(*arguments: str) -> None:
    try:
        made = subprocess.run(
            ["npm", *arguments], cwd=FRONTEND, env=_environment(), capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise LocalError("Node.js is not there: `make web` and `make up` set it up.") from None
    if made.returncode:
        said = (made.stdout + made.stderr).strip().splitlines()
        sys.stderr.write("\n".join(said[-SHOWN_ON_FAILURE:]) + "\n")
        raise LocalError(f"npm {' '.join(arguments[:2])} failed; its last lines are above.")


def _environment() -> dict[str, str]:
    """Return the environment to run npm in, with the Node.js of the set-up where it made one."""
    search = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{NODE}{os.pathsep}{search}" if NODE.exists() else search}


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    BUILT.parent.mkdir(exist_ok=True)
    with BUILT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.frontend", description="The web app.")
    parser.add_argument("command", choices=["build", "dev", "check"])
    parsed = parser.parse_args(arguments)
    try:
        if parsed.command == "dev":
            return develop(named_by(os.environ).outputs)
        if parsed.command == "check":
            check()
        else:
            build()
    except LocalError as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
