"""What the benchmarks and the budgets look at: layers and functions as deployed, built for this host.

Everything is built by the recipes of the tree itself, into `.local/bench`, and kept until an input changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from layers.dependencies import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local/bench"


class PackageError(Exception):
    """Something could not be built; the message is one line that says what."""


ENGINES = {"tantivy": "Tantivy", "opensearch": "OpenSearch", "dax": "Dax"}
"""Layers that few functions carry, a search engine or DAX's client, by the recipe of all third-party code."""


def layer(name: str) -> Path:
    """Return the layer `layers/<name>`, or an engine's: the folder that Lambda unpacks to /opt."""
    return _kept(f"layer-{name}", [_recipe(name)], lambda target: build_layer(name, target))


def build_layer(name: str, target: Path) -> Path:
    """Build a layer by its own Makefile, for this host and interpreter, into `target`."""
    command = [
        *("make", "-s", "-C", str(_recipe(name)), f"build-{ENGINES.get(name, name.title())}Layer"),
        *(f"ARTIFACTS_DIR={target}", f"LAYER_PYTHON={sys.executable}", "LAYER_PLATFORM=host"),
    ]
    done = subprocess.run(  # noqa: S603 - the tree's own recipes
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise PackageError(f"the layer {name} could not be built: {done.stdout.strip()}")
    return target


def _recipe(name: str) -> Path:
    return ROOT / "layers" / ("dependencies" if name in ENGINES else name)


def layers() -> Path:
    """Return all layers in one folder, as a function sees them under /opt."""

    def merge(target: Path) -> None:
        for part in parts:
            shutil.copytree(part, target, dirs_exist_ok=True)

    recipes = sorted((ROOT / "layers").glob("*/Makefile"))
    parts = [layer(recipe.parent.name) for recipe in recipes]
    return _kept("layers", parts, merge)


def function(folder: Path) -> Path:
    """Return a function's package as `sam build` makes it when there is nothing to install: its files."""

    def copy(target: Path) -> None:
        shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))

    return _kept(f"function-{folder.name}", [folder], copy)


def installed(name: str, requirements: Path, *, bytecode: bool) -> Path:
    """Return a folder with all of `requirements`, and unchecked-hash bytecode or, as SAM does it, none."""

    def install(target: Path) -> None:
        build.install(target, "host", requirements)
        if bytecode:
            build.compile_bytecode(target)

    return _kept(f"{name}-{'bytecode' if bytecode else 'source'}", [requirements], install)


def size(folder: Path) -> int:
    """Return the bytes of a folder's files: what Lambda's limit of 250 MB counts."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def zipped(folder: Path) -> bytes:
    """Return a folder as a zip: what is uploaded."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return written.getvalue()


def _kept(name: str, inputs: Iterable[Path], make: Callable[[Path], object]) -> Path:
    """Return the folder that `make` fills, made again only when an input or the interpreter is another.

    Of several processes that ask for it at once, one makes it.
    """
    kept = STATE / f"{name}-{_digest(inputs)}"
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for outdated in STATE.glob(f"{name}-{'?' * _DIGITS}"):
                shutil.rmtree(outdated)
            with tempfile.TemporaryDirectory(dir=STATE) as half_made:
                target = Path(half_made, name)
                target.mkdir()
                make(target)
                target.rename(kept)
    return kept


_DIGITS = 12


def _digest(inputs: Iterable[Path]) -> str:
    """Return a hash of the inputs' names and bytes, the recipe, the interpreter and the machine."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {_digest_of_this_recipe()}".encode())
    for given in inputs:
        files = sorted(given.rglob("*")) if given.is_dir() else [given]
        for path in files:
            if path.is_file() and path.parent.name != "__pycache__":
                digest.update(
                    f"{path.relative_to(given)} {path.stat().st_size}\n".encode() + path.read_bytes()
                )
    return digest.hexdigest()[:_DIGITS]


def _digest_of_this_recipe() -> str:
    return hashlib.sha256(Path(build.__file__).read_bytes()).hexdigest()
