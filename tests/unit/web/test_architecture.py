"""What "How it works" tells of: every operation of every contract, by resources that the templates have."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests import templates

FOLDER = templates.ROOT / "frontend/src/components/architecture"
PICTURES: dict[str, Any] = json.loads((FOLDER / "pictures.json").read_text())
OPERATIONS: dict[str, Any] = json.loads((FOLDER / "operations.json").read_text())
SERVICES = {"web": "catalog"}
"""The names that the app's domain has for services, where they differ from the folders'."""
NOT_FROM_THE_APP = ("Partner", "StaffTool")
"""Who signs requests is no browser."""
NOT_OURS = {"browser", "cloudfront", "api", "cognito", "login", "cloudwatch", "plans", "queues", "sources"}
"""Nodes that stand for what the templates have under another name, or for several of it."""


def nodes(picture: str) -> dict[str, dict[str, str]]:
    """Return the nodes of a picture by their ids."""
    return {node["id"]: node for row in PICTURES[picture]["rows"] for node in row}


def asked_for() -> set[tuple[str, str]]:
    """Return every operation that the app may call, as service and `METHOD /path`."""
    found = set()
    for contract in sorted(templates.ROOT.glob("functions/*/openapi.yaml")):
        folder = contract.parent.name
        for path, item in templates.contract(folder)["paths"].items():
            for method, operation in item.items():
                security = operation.get("security", [])
                if not any(name in scheme for scheme in security for name in NOT_FROM_THE_APP):
                    found.add((SERVICES.get(folder, folder), f"{method.upper()} {path}"))
    return found


def test_every_operation_that_the_app_may_call_is_told_and_no_other() -> None:
    told = {(service, operation) for service, known in OPERATIONS.items() for operation in known}

    assert told == asked_for()


def test_what_the_pages_call_is_among_them() -> None:
    called = set()
    for source in sorted((templates.ROOT / "frontend/src").rglob("*.ts*")):
        called |= set(re.findall(r'api\.(\w+)\.([A-Z]+)\(\s*"([^"]+)"', source.read_text()))

    assert called
    for service, method, path in called:
        assert f"{method} {path}" in OPERATIONS[service], path


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_fits_a_phone_and_hangs_together(picture: str) -> None:
    drawn = PICTURES[picture]

    assert all(1 <= len(row) <= 4 for row in drawn["rows"])
    assert len(nodes(picture)) == sum(map(len, drawn["rows"]))
    for edge in drawn["edges"]:
        assert set(edge) <= set(nodes(picture)), edge
    touched = {name for edge in drawn["edges"] for name in edge}
    assert touched == set(nodes(picture))


@pytest.mark.parametrize(
    ("service", "operation"),
    [(service, operation) for service, known in OPERATIONS.items() for operation in known],
)
def test_an_operation_goes_through_what_its_picture_shows(service: str, operation: str) -> None:
    told = OPERATIONS[service][operation]
    drawn, edges = nodes(told["picture"]), PICTURES[told["picture"]]["edges"]

    assert set(told["through"]) <= set(drawn)
    for name in told["through"]:
        neighbours = {end for edge in edges if name in edge for end in edge} - {name}
        assert neighbours & set(told["through"]), f"nothing leads to {name}"


@pytest.mark.parametrize("picture", PICTURES)
def test_what_is_drawn_is_in_the_templates(picture: str) -> None:
    resources = {resource.id for resource in templates.resources()}
    functions = {path.parent.name for path in templates.ROOT.glob("functions/*/*/app.py")}

    for name, node in nodes(picture).items():
        if name not in NOT_OURS:
            assert name in (functions if node["kind"] == "function" else resources), name
