"""Make the project's Python environments, each from its hash-locked list: `python local/setup.py NAME...`.

Only the standard library is used, since this is what runs first on a new machine. Each environment remembers
the lock and the interpreter that it was made from, so that a second run does nothing, a changed lock or a
changed interpreter makes it afresh, and one that was left half-made is made again.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this by hand may have any
    sys.exit("set-up: Python 3.11 or newer is needed; this is " + sys.version.split()[0])

OLDEST, LATEST = (3, 11), (3, 14)
"""The interpreters that both this project and AWS Lambda support, as SAM CLI names them."""

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local/envs"

PROBE = """
import importlib.util, json, os, platform, sys
found = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
path = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
print(json.dumps([path, sys.version_info[:2], platform.python_version(), bool(found)]))
"""


class SetupError(Exception):
    """An environment cannot be made; the message is one line that says what to do."""


@dataclass(frozen=True)
class Interpreter:
    """A Python installation: executable, (major, minor), full version, whether it can make environments."""

    path: str
    minor: tuple[int, int]
    version: str
    makes_environments: bool

    @property
    def supported(self) -> bool:
        """Whether this project runs under it."""
        return OLDEST <= self.minor <= LATEST


@dataclass(frozen=True)
class Environment:
    """One environment: its name, which is its lock's too, where it lives and what it is for."""

    name: str
    folder: Path
    purpose: str

    @property
    def lock(self) -> Path:
        """The file that lists every package with its hashes."""
        return ROOT / "locks" / f"{self.name}.txt"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin/python"

    @property
    def stamp(self) -> Path:
        """Written last, so that its absence tells a half-made environment."""
        return self.folder / ".made-from.json"


UV = Environment("uv", STATE / "uv", "the installer")
ENVIRONMENTS = {
    environment.name: environment
    for environment in (
        UV,
        Environment("dev", ROOT / ".venv", "tests, checks and the local cloud's commands"),
        Environment("engine", STATE / "engine", "the local engine"),
        Environment("sam", STATE / "sam", "AWS SAM CLI"),
        Environment("runtime", STATE / "runtime", "what functions run under"),
        Environment("checkov", STATE / "checkov", "checkov"),
        Environment("node", STATE / "node", "Node.js"),
    )
}

OLDEST_NODE = (20, 19)
"""What the web app's build tools ask for."""


def candidates(search_path: str, preferred: str) -> Iterator[str]:
    """Yield the paths of interpreters to try, best first: the preferred version, then the newest supported.

    Parameters
    ----------
    search_path
        Folders joined as in the environment variable PATH.
    preferred
        A version such as "3.13".
    """
    newest_first = [f"{LATEST[0]}.{minor}" for minor in range(LATEST[1], OLDEST[1] - 1, -1)]
    for name in dict.fromkeys(
        [f"python{preferred}", *(f"python{v}" for v in newest_first), "python3", "python"]
    ):
        for folder in search_path.split(os.pathsep):
            path = Path(folder) / name
            if path.is_file() and os.access(path, os.X_OK):
                yield str(path)


def probe(path: str) -> Interpreter | None:
    """Return what an interpreter says of itself; None when it does not run, as a pyenv shim may not."""
    try:
        answer = subprocess.run(
            [path, "-c", PROBE], capture_output=True, text=True, timeout=20, cwd=ROOT, check=True
        ).stdout
        executable, minor, version, makes_environments = json.loads(answer)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Interpreter(executable, (minor[0], minor[1]), version, makes_environments)


def choose(paths: Iterable[str]) -> Interpreter:
    """Return the first interpreter that is supported and can make environments.

    Raises
    ------
    SetupError
        When there is none.
    """
    lacking = None
    for path in paths:
        found = probe(path)
        if found is None or not found.supported:
            continue
        if found.makes_environments:
            return found
        lacking = lacking or found
    if lacking:
        package = f"python{lacking.minor[0]}.{lacking.minor[1]}-venv"
        raise SetupError(
            f"Python {lacking.version} ({lacking.path}) lacks the venv module: install it "
            f"(on Debian and Ubuntu: sudo apt install {package}), then try again."
        )
    raise SetupError(
        f"No Python {OLDEST[0]}.{OLDEST[1]} to {LATEST[0]}.{LATEST[1]} on PATH: install one, then try again."
    )


def has_node(search_path: str) -> bool:
    """Tell whether the machine has a Node.js that will do, with npm; then none is installed."""
    node, npm = (shutil.which(name, path=search_path) for name in ("node", "npm"))
    if not node or not npm:
        return False
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    found = re.match(r"v(\d+)\.(\d+)", said.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_NODE


def made_from(environment: Environment, interpreter: Interpreter) -> str:
    """Return the text of the stamp of an environment made from its present lock by this interpreter."""
    lock = hashlib.sha256(environment.lock.read_bytes()).hexdigest()
    return json.dumps({"lock": lock, "python": interpreter.path, "version": interpreter.version})


def is_made(environment: Environment, interpreter: Interpreter) -> bool:
    """Tell whether the environment is whole and up to date."""
    try:
        return environment.python.exists() and environment.stamp.read_text() == made_from(
            environment, interpreter
        )
    except OSError:
        return False


def pip_settings(listing: str) -> dict[str, str]:
    """Return uv's environment variables for what pip is set to, so that one configuration serves both.

    Parameters
    ----------
    listing
        The output of `pip config list`: lines such as `global.index-url='https://...'`.
    """
    variables = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
    }
    settings = {}
    for key, value in re.findall(r"^[^=]*\.([a-z-]+)='(.*)'$", listing, re.MULTILINE):
        if key in variables:
            settings[variables[key]] = " ".join(value.replace("\\n", " ").split())
    return settings


def explain(environment: Environment, output: str) -> str:
    """Return one line for a failed installation: what failed, the tool's own last words, and what to do."""
    said = " ".join(re.sub(r"[^\x20-\x7e]+", " ", output).split())  # uv draws lines between its causes.
    if re.search(
        r"dns error|failed to fetch|error sending request|connectionerror|timed? ?out", said, re.IGNORECASE
    ):
        return (
            f"The package index cannot be reached, to install {environment.purpose}: "
            "check the network, or pip's index settings, then try again."
        )
    reason = said[-300:] or "no reason given"
    return f"Installing {environment.purpose} from locks/{environment.lock.name} failed: {reason}"


def install(environment: Environment, interpreter: Interpreter) -> None:
    """Make an environment afresh from its lock.

    Raises
    ------
    SetupError
        When a step fails; what was made stays without a stamp, and is made again next time.
    """
    shutil.rmtree(environment.folder, ignore_errors=True)
    lock = str(environment.lock)
    if environment is UV:
        pip = [
            str(UV.python),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
            "--retries",
            "2",
        ]
        steps = [
            [interpreter.path, "-m", "venv", str(environment.folder)],
            [*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock],
        ]
        variables = dict(os.environ)
    else:
        uv = str(UV.folder / "bin/uv")
        install_with = [uv, "pip", "install", "--quiet", "--require-hashes"]
        steps = [
            [uv, "venv", "--quiet", "--python", interpreter.path, str(environment.folder)],
            # Compiled here, once: the tools start cold many times, and some machines forbid it later.
            [*install_with, "--python", str(environment.python), "--compile-bytecode", "-r", lock],
        ]
        variables = uv_variables()
    variables.pop("PYTHONHOME", None)
    variables.pop("PYTHONPATH", None)
    for step in steps:
        made = subprocess.run(step, capture_output=True, text=True, env=variables, cwd=ROOT, check=False)
        if made.returncode:
            raise SetupError(explain(environment, made.stderr or made.stdout))
    environment.stamp.write_text(made_from(environment, interpreter))


def uv_variables() -> dict[str, str]:
    """Return the environment variables to run uv with: the user's own first, then what pip is set to."""
    pip = [str(UV.python), "-m", "pip", "config", "list"]
    listing = subprocess.run(pip, capture_output=True, text=True, check=False).stdout
    return {**pip_settings(listing), "UV_PYTHON_DOWNLOADS": "never", **os.environ}


@contextlib.contextmanager
def reported(what: str) -> Iterator[None]:
    """Tell on stderr that something is being made and, once it is, how long it took."""
    began = time.monotonic()
    print(f"{what} ...", file=sys.stderr, flush=True)
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other set-up of this project runs."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(names: Iterable[str], environ: Mapping[str, str]) -> Interpreter:
    """Make those of the named environments that are missing or out of date, and return their interpreter."""
    preferred = (ROOT / ".python-version").read_text().strip()
    interpreter = choose(candidates(environ.get("PATH", os.defpath), preferred))
    needed = (name for name in names if name != "node" or not has_node(environ.get("PATH", os.defpath)))
    wanted = [ENVIRONMENTS[name] for name in dict.fromkeys(["uv", *needed])]
    if not all(is_made(environment, interpreter) for environment in wanted):
        with one_at_a_time():
            for environment in wanted:
                if not is_made(environment, interpreter):
                    with reported(f"Setting up {environment.purpose} (Python {interpreter.version})"):
                        install(environment, interpreter)
    return interpreter


def locks() -> dict[str, list[str]]:
    """Return every list of hashes, by its path in the project, and what it is compiled from.

    An environment's is compiled from its group in pyproject.toml, and that of a folder which is deployed or
    measured from its requirements.in.
    """
    groups = {
        f"locks/{environment.lock.name}": ["--group", f"pyproject.toml:{environment.name}"]
        for environment in ENVIRONMENTS.values()
    }
    asked = [
        path.relative_to(ROOT)
        for folder in ("layers/*", "benchmarks/handlers/*")
        for path in sorted(ROOT.glob(f"{folder}/requirements.in"))
    ]
    return groups | {str(path.with_suffix(".txt")): [str(path)] for path in asked}


def compile_locks() -> None:
    """Write every lock again, keeping the versions that still fit."""
    for lock, source in locks().items():
        with reported(f"Writing {lock}"):
            command = [
                str(UV.folder / "bin/uv"),
                "pip",
                "compile",
                "--quiet",
                "--universal",
                "--generate-hashes",
            ]
            command += [*source, "--python-version", "3.11"]
            command += ["--no-emit-index-url", "--no-annotate", "--custom-compile-command", "make lock"]
            command += ["-o", lock]
            made = subprocess.run(
                command, capture_output=True, text=True, env=uv_variables(), cwd=ROOT, check=False
            )
            if made.returncode:
                raise SetupError(f"{lock} cannot be made: {' '.join(made.stderr.split())[-300:]}")


def main() -> int:
    """Make the environments named on the command line, or all their locks; return the exit code."""
    parser = argparse.ArgumentParser(description="Make the project's environments.")
    parser.add_argument(
        "names", nargs="*", choices=ENVIRONMENTS, metavar="NAME", help=", ".join(ENVIRONMENTS)
    )
    parser.add_argument("--lock", action="store_true", help="write the lock files again")
    arguments = parser.parse_args()
    try:
        make(arguments.names, os.environ)
        if arguments.lock:
            compile_locks()
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: stopped; the next run goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
