from __future__ import annotations

import gzip
import importlib.util
import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.dependencies import build

MODEL = {
    "operations": {
        "Get": {"input": {"shape": "GetInput"}, "documentation": "<p>Gets.</p>"},
        "Scan": {"input": {"shape": "ScanInput"}},
    },
    "shapes": {
        "GetInput": {
            "type": "structure",
            "members": {"Key": {"shape": "Key", "documentation": "<p>A key.</p>"}},
        },
        "Key": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Value"}},
        "Name": {"type": "string"},
        "Value": {
            "type": "structure",
            "members": {"L": {"shape": "Values"}, "documentation": {"shape": "Name"}},
        },
        "Values": {"type": "list", "member": {"shape": "Value"}},
        "ScanInput": {"type": "structure", "members": {"Filter": {"shape": "Filter"}}},
        "Filter": {"type": "string"},
    },
}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A layer as pip leaves it, with two services."""
    data = tmp_path / "botocore/data"
    for service in ("table", "queue"):
        for version in ("2011-01-01", "2012-01-01"):
            folder = data / service / version
            folder.mkdir(parents=True)
            (folder / "service-2.json.gz").write_bytes(gzip.compress(json.dumps(MODEL).encode()))
            (folder / "examples-1.json").write_text("{}")
    partition = {"partition": "aws", "services": {"table": {}, "queue": {}, "other": {}}}
    (data / "endpoints.json").write_text(json.dumps({"partitions": [partition]}))
    (tmp_path / "bin").mkdir()
    dist_info = tmp_path / "botocore-1.0.dist-info"
    (dist_info / "licenses").mkdir(parents=True)
    for name in ("METADATA", "RECORD", "INSTALLER", "licenses/LICENSE"):
        (dist_info / name).write_text("text")
    return tmp_path


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_trimming_leaves_the_listed_service_in_its_current_version(target: Path) -> None:
    build.trim(target, {"table": frozenset({"Get"})})

    assert tree(target) == {
        "botocore/data/endpoints.json",
        "botocore/data/table/2012-01-01/service-2.json",
        "botocore-1.0.dist-info/METADATA",
        "botocore-1.0.dist-info/licenses/LICENSE",
    }
    assert json.loads((target / "botocore/data/endpoints.json").read_text()) == {
        "partitions": [{"partition": "aws", "services": {"table": {}}}]
    }


def test_trimming_leaves_the_listed_operations_with_every_shape_they_need(target: Path) -> None:
    build.trim(target, {"table": frozenset({"Get"})})

    model = json.loads((target / "botocore/data/table/2012-01-01/service-2.json").read_text())
    assert set(model["operations"]) == {"Get"}
    assert set(model["shapes"]) == {"GetInput", "Key", "Name", "Value", "Values"}


def test_trimming_drops_prose_but_not_a_member_that_is_called_documentation(target: Path) -> None:
    build.trim(target, {"table": frozenset({"Get"})})

    model = json.loads((target / "botocore/data/table/2012-01-01/service-2.json").read_text())
    assert "documentation" not in model["operations"]["Get"]
    assert model["shapes"]["Value"]["members"]["documentation"] == {"shape": "Name"}


def test_an_operation_that_the_service_has_not_is_an_error_that_names_it(target: Path) -> None:
    with pytest.raises(build.BuildError, match=re.escape("services.txt: table has no Fetch")):
        build.trim(target, {"table": frozenset({"Get", "Fetch"})})


names = st.sampled_from("abcdef")
references = st.fixed_dictionaries({"shape": names})
shapes = st.fixed_dictionaries(
    {
        name: st.dictionaries(st.text(max_size=3), references | st.lists(references), max_size=3)
        for name in "abcdef"
    }
)


@given(shapes, st.lists(references))
def test_the_shapes_used_are_all_that_can_be_reached_and_no_more(
    shapes: dict[str, Any], roots: list[dict[str, str]]
) -> None:
    used = build.shapes_used(roots, shapes)

    assert {root["shape"] for root in roots} <= used
    assert all(build.shapes_used(shapes[name], shapes) <= used for name in used)
    reached = {root["shape"] for root in roots}.union(
        *(build.shapes_used(shapes[name], shapes) for name in used)
    )
    assert used == reached


def test_the_list_of_services_is_read_with_its_operations() -> None:
    assert {"GetItem", "PutItem", "Query"} <= build.services()["dynamodb"]


def test_a_layer_for_aws_is_refused_under_another_minor_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "RUNTIME", (3, 99))

    with pytest.raises(
        build.BuildError, match=r"^Lambda runs Python 3\.99 and this is 3\.\d+: set LAYER_PYTHON"
    ):
        build.install(tmp_path, "manylinux2014_aarch64")


def test_pip_is_found_even_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pip" else find_spec(name))

    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, *build.pip(), "--version"], check=True, capture_output=True, text=True
    )

    assert done.stdout.startswith("pip ")


def test_pip_is_found_where_a_distribution_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip-99.0-py3-none-any.whl").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(sysconfig, "get_config_var", {"WHEEL_PKG_DIR": str(tmp_path)}.get)

    assert build.pip() == [str(tmp_path / "pip-99.0-py3-none-any.whl/pip")]


def test_an_interpreter_without_any_pip_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _: None)

    with pytest.raises(build.BuildError, match="has no pip: set LAYER_PYTHON"):
        build.pip()


def test_bytecode_is_unchecked_and_every_file_has_the_same_date(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("answer = 42\n")

    build.compile_bytecode(tmp_path)

    [compiled] = tmp_path.rglob("*.pyc")
    assert compiled.read_bytes()[4:8] == (1).to_bytes(4, "little")
    assert b"/opt/python/module.py" in compiled.read_bytes()
    assert {path.stat().st_mtime for path in tmp_path.rglob("*")} == {build.YEAR_ZIP_BEGINS}


def test_a_module_that_does_not_compile_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("answer = = 42\n")

    with pytest.raises(build.BuildError, match="could not be compiled"):
        build.compile_bytecode(tmp_path)
