"""Budgets of what cold starts load, counted and not timed: create_order's, and search's, the heaviest.

A budget that is exceeded has either found a mistake or been outgrown: then raise it in the commit that says
why. Each is a tenth above what was counted on 2026-11-21 with Python 3.13.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks import cold_start, packages

KILO, MEGA = 1_000, 1_000_000

ROOT = Path(__file__).parents[3]
FUNCTIONS = sorted(path.parent for path in (ROOT / "functions").glob("*/*/app.py"))

FORBIDDEN = {
    "aws_xray_sdk": "tracing is Lambda's own",
    "boto3": "its resources and sessions cost a tenth of a cold start more than botocore's client",
    "pydantic": "msgspec checks and decodes in one pass",
    "requests": "nothing here calls HTTP but botocore",
    "s3transfer": "no function moves objects",
    "yaml": "settings are environment variables",
    "jsonschema": "models are msgspec structs",
    "cryptography": "signatures are HMAC, of the standard library",
    "unittest": "no test code in a function",
    "pkg_resources": "it reads every installed package's metadata",
    "asyncio": "a function does one thing at a time",
    "multiprocessing": "a function does one thing at a time",
    "nacl": "signatures and sealing are for partners alone",
    "pybase64": "records of a stream are decoded by the function that counts them alone",
    "shared.secrets": "the provider's key is for who calls the provider",
}

PROBE = """
import json, os, sys
import awslambdaric.bootstrap as runtime
before, opened = set(sys.modules), []
sys.addaudithook(lambda event, given: opened.append(given[0]) if event == "open" else None)
runtime._get_handler("app.handler")
files = [path for path in opened if isinstance(path, str) and os.path.isfile(path)]
print(json.dumps({"modules": sorted(set(sys.modules) - before), "files": files}))
"""


class Loaded(NamedTuple):
    """What a cold start loads."""

    modules: list[str]
    files: list[Path]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """Import the packaged create_order as Lambda does, in a fresh process, and tell what that took."""
    return load(cold_start.environment(cold_start.create_order()))


@pytest.fixture(scope="module")
def loaded_by_search() -> Loaded:
    """Import the packaged search, with the embedded engine."""
    folders = (
        packages.function(ROOT / "functions/mobile/search"),
        packages.layers() / "python",
        packages.layer("tantivy") / "python",
        cold_start.runtime_client(),
    )
    settings = {"INDEX_BUCKET": "index", "CURSOR_KEY": "a key of sixteen characters or more"}
    return load(cold_start.environment(cold_start.Case("search", "", folders)) | settings)


def load(environment: dict[str, str]) -> Loaded:
    """Import a handler as Lambda does, in a fresh process, and tell what that took."""
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", PROBE],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    return Loaded(found["modules"], [Path(path) for path in found["files"]])


def test_it_imports_few_modules(loaded: Loaded) -> None:
    assert len(loaded.modules) <= 353


def test_it_opens_few_files(loaded: Loaded) -> None:
    assert len(loaded.files) <= 319


def test_it_reads_few_bytes(loaded: Loaded) -> None:
    assert sum(path.stat().st_size for path in loaded.files) <= 5.9 * MEGA


def test_it_compiles_nothing_but_the_handler_itself(loaded: Loaded) -> None:
    ours = [path for path in loaded.files if path.is_relative_to(packages.STATE)]

    assert [path.name for path in ours if path.suffix == ".py"] == ["app.py"]


@pytest.mark.parametrize("module", FORBIDDEN)
def test_it_does_without(loaded: Loaded, module: str) -> None:
    assert module not in loaded.modules, FORBIDDEN[module]


@pytest.mark.parametrize("module", [*FORBIDDEN, "opensearchpy", "grpc"])
def test_search_does_without(loaded_by_search: Loaded, module: str) -> None:
    assert module not in loaded_by_search.modules


def test_search_imports_few_modules_more(loaded: Loaded, loaded_by_search: Loaded) -> None:
    assert len(loaded_by_search.modules) <= len(loaded.modules) + 22


def test_only_search_carries_an_engine(loaded: Loaded) -> None:
    assert "tantivy" not in loaded.modules


def test_only_who_presents_or_rotates_the_providers_key_imports_what_reads_secrets() -> None:
    readers = [folder.name for folder in FUNCTIONS if "shared.secrets" in (folder / "app.py").read_text()]
    rotators = [folder.name for folder in FUNCTIONS if "shared.rotation" in (folder / "app.py").read_text()]

    assert sorted(readers) == ["book_shipment", "cancel_shipment", "refund_payment", "take_payment"]
    assert rotators == ["rotate_provider_key"]


@pytest.mark.parametrize(
    ("layer", "zipped", "unpacked"),
    [
        ("dependencies", 6.8 * MEGA, 18.2 * MEGA),  # a third of it is libsodium, for partners' signatures
        ("shared", 156 * KILO, 290 * KILO),  # secrets and their rotation, tokens, pushes
        ("orders", 70 * KILO, 160 * KILO),
        ("stream", 112 * KILO, 290 * KILO),  # a third are lists: of top-level domains, of letters
        ("mobile", 300 * KILO, 620 * KILO),
        ("web", 20 * KILO, 45 * KILO),
        ("operations", 34 * KILO, 75 * KILO),
        ("tantivy", 5.6 * MEGA, 19.4 * MEGA),  # one library, of which the whole engine is
        ("opensearch", 2 * MEGA, 7.4 * MEGA),
        ("dax", 0.8 * MEGA, 2.4 * MEGA),
    ],
)
def test_a_layer_stays_small(layer: str, zipped: float, unpacked: float) -> None:
    built = packages.layer(layer)

    assert len(packages.zipped(built)) <= zipped
    assert packages.size(built) <= unpacked


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda path: path.name)
def test_a_function_is_its_handler_alone(folder: Path) -> None:
    built = packages.function(folder)

    assert [path.name for path in built.iterdir()] == ["app.py"]
    assert packages.size(built) <= 8 * KILO


def test_layers_and_function_stay_far_below_what_lambda_takes(opt: Path) -> None:
    limit = 250 * 1024 * 1024  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

    assert packages.size(opt) <= limit / 10
