"""What goes wrong is told on one line that names the thing to mend."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from local.cloud import LocalError, named_by
from local.deploy import build, imports, stack
from local.deploy.stack import NESTED, Event
from local.tool import Tool

TABLE = "AWS::DynamoDB::Table"


def test_a_failed_deploy_names_the_resource_that_failed_of_itself() -> None:
    events = [
        Event(("Orders", "Queue"), "AWS::SQS::Queue", "CREATE_FAILED", "Resource creation cancelled"),
        Event(("Orders", "OrdersTable"), TABLE, "CREATE_FAILED", "One key\n is missing"),
        Event(("Orders",), NESTED, "CREATE_FAILED", "Embedded stack was not created"),
    ]

    assert stack.explain(events) == f"Orders/OrdersTable ({TABLE}): One key is missing"


def test_a_nested_stack_that_is_refused_whole_is_named_itself() -> None:
    events = [
        Event(("Identity",), NESTED, "CREATE_FAILED", "Unrecognized resource types: [AWS::Made::Up]"),
        Event((), NESTED, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed: [Identity]"),
    ]

    assert stack.explain(events) == "Identity: Unrecognized resource types: [AWS::Made::Up]"


def test_a_deploy_without_a_failure_has_nothing_to_explain() -> None:
    assert stack.explain([Event(("Orders", "OrdersTable"), TABLE, "CREATE_COMPLETE", "")]) is None


def test_a_syntax_error_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    handler = tmp_path / "functions/orders/get_order/app.py"
    handler.parent.mkdir(parents=True)
    handler.write_text("def handler(event, context):\n    return (\n")

    with pytest.raises(
        LocalError, match=r"^functions/orders/get_order/app\.py, line 2: '\(' was never closed$"
    ):
        build.check_syntax(tmp_path)


def test_a_failed_build_is_told_in_the_words_of_its_error(tmp_path: Path) -> None:
    tool = said(
        tmp_path, "Building layer 'SharedLayer'\n\nBuild Failed\nError: SharedLayer: make\n  failed\n"
    )

    assert str(build.explain("sam build", tool)) == (
        f"sam build failed: SharedLayer: make failed (all of it in {tmp_path}/tool.log)"
    )


def test_a_function_that_does_not_import_is_told_with_its_source_and_line(tmp_path: Path) -> None:
    source = tmp_path / "functions/orders/get_order/app.py"
    built = tmp_path / "build/Orders/GetOrder/app.py"
    for path in (source, built):
        path.parent.mkdir(parents=True)
        path.write_text("import json\nimport nosuch\n")

    told = imports.Import("Orders/GetOrder", "app.handler", (built.parent,), {}).failure(tmp_path)

    assert told == (
        "Orders/GetOrder does not import: functions/orders/get_order/app.py, line 2: "
        "ModuleNotFoundError: No module named 'nosuch'"
    )


def test_a_function_without_its_handler_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handle(): ...\n")

    told = imports.Import("GetOrder", "app.handler", (tmp_path,), {}).failure(tmp_path)

    assert told == "GetOrder does not import: AttributeError: module 'app' has no attribute 'handler'"


def test_a_function_that_imports_has_nothing_to_tell(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import os\nTABLE = os.environ['TABLE']\ndef handler(): ...\n")

    assert (
        imports.Import("GetOrder", "app.handler", (tmp_path,), {"TABLE": "orders"}).failure(tmp_path) is None
    )


@pytest.mark.parametrize("port", ["80", "65536", "many", "٤٥٦٦", "-1", "4566 "])
def test_a_port_that_nobody_can_serve_on_is_refused(port: str) -> None:
    with pytest.raises(LocalError, match="give a port from 1024 to 65535"):
        named_by({"LOCAL_PORT": port})


@pytest.mark.parametrize(
    ("environ", "port"), [({}, 4566), ({"LOCAL_PORT": ""}, 4566), ({"LOCAL_PORT": "4600"}, 4600)]
)
def test_the_port_is_the_one_asked_for_or_the_usual_one(environ: dict[str, str], port: int) -> None:
    assert named_by(environ).port == port


def said(folder: Path, text: str) -> Tool:
    """Return a tool that has ended after saying something."""
    tool = Tool(["printf", "%s", text], log=folder / "tool.log", env={"PATH": "/usr/bin:/bin"}, cwd=folder)
    while tool.code is None:
        time.sleep(0.01)
    return tool
