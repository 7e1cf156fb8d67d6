"""The layers hold what their recipes promise."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from benchmarks import packages
from layers.dependencies import build

ROOT = Path(__file__).parents[3]
UNCHECKED_HASH = 0b01
"""Flags of a .pyc that is used without a look at its source (PEP 552)."""


def pinned(requirements: Path) -> dict[str, str]:
    """Return the versions that a list of requirements pins, by package, whatever extras it asks for."""
    return dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==([^ \\\n]+)", requirements.read_text(), re.MULTILINE))


def bytecode(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))


def test_every_module_has_bytecode_that_the_runtime_uses_without_a_check(opt: Path) -> None:
    sources = sorted(opt.rglob("*.py"))

    headers = {source: bytecode(source).read_bytes()[:8] for source in sources}

    assert len(sources) > 300
    expected = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little")
    assert {source for source, header in headers.items() if header != expected} == set()


def test_botocore_describes_the_services_that_are_listed_and_no_other(opt: Path) -> None:
    data = opt / "python/botocore/data"

    assert {folder.name for folder in data.iterdir() if folder.is_dir()} == set(build.services())


@pytest.mark.parametrize(("service", "operations"), build.services().items())
def test_a_service_has_the_operations_that_are_listed_and_no_prose(
    opt: Path, service: str, operations: frozenset[str]
) -> None:
    [description] = (opt / "python/botocore/data" / service).glob("*/service-2.json")

    assert set(json.loads(description.read_text())["operations"]) == operations
    assert not re.search(r'"documentation":"[^"]', description.read_text())


def test_every_service_and_endpoint_partition_is_still_known(opt: Path) -> None:
    endpoints = json.loads((opt / "python/botocore/data/endpoints.json").read_text())

    assert {"aws", "aws-cn", "aws-us-gov"} <= {
        partition["partition"] for partition in endpoints["partitions"]
    }
    assert all(set(partition["services"]) <= set(build.services()) for partition in endpoints["partitions"])


def test_the_layer_holds_what_is_locked_with_its_licence(opt: Path) -> None:
    locked = pinned(ROOT / "layers/dependencies/requirements.txt")
    held = {folder.name: folder for folder in (opt / "python").glob("*.dist-info")}

    assert set(held) == {f"{name.replace('-', '_')}-{version}.dist-info" for name, version in locked.items()}
    for folder in held.values():
        assert (folder / "METADATA").exists()
        assert [*folder.glob("LICENSE*"), *folder.glob("licenses/*")]


def test_base64_is_decoded_by_the_extension_and_not_by_what_stands_in_for_it(opt: Path) -> None:
    assert [*(opt / "python/pybase64").glob("_pybase64.*.so")]


@pytest.mark.parametrize("folder", ["layers/dependencies", "benchmarks/handlers/plain"])
def test_the_lock_pins_what_is_asked_for(folder: str) -> None:
    asked, locked = pinned(ROOT / folder / "requirements.in"), pinned(ROOT / folder / "requirements.txt")

    assert asked
    assert {name: locked.get(name) for name in asked} == asked


def test_the_tests_run_against_the_versions_that_are_deployed() -> None:
    deployed = pinned(ROOT / "layers/dependencies/requirements.txt")
    tested = pinned(ROOT / "locks/dev.txt")

    assert {name: tested.get(name) for name in deployed} == deployed


def test_the_plain_handler_is_measured_with_the_versions_that_are_deployed() -> None:
    deployed = pinned(ROOT / "layers/dependencies/requirements.txt")
    plain = pinned(ROOT / "benchmarks/handlers/plain/requirements.txt")

    assert {name: plain[name] for name in deployed.keys() & plain} == {
        name: deployed[name] for name in deployed.keys() & plain
    }


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    once, again = (
        packages.build_layer("shared", tmp_path / "1"),
        packages.build_layer("shared", tmp_path / "2"),
    )

    assert packages.zipped(once) == packages.zipped(again)
