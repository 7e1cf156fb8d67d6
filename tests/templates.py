"""The templates as data: every resource of every service, with intrinsic functions in their long form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode.cfn_yaml import load

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Resource:
    """One resource of a service's template, with the template's Globals laid under its properties."""

    service: str
    id: str
    type: str
    properties: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.service}: {self.id}"


def template(path: Path) -> dict[str, Any]:
    """Return a template with its intrinsic functions in their long form."""
    parsed: dict[str, Any] = load(str(path))
    return parsed


@cache
def resources(*types: str) -> tuple[Resource, ...]:
    """Return every resource of these types, of all services; of all types when none is named."""
    found = []
    for path in sorted(ROOT.glob("functions/*/*.yaml")):
        if path.name == "openapi.yaml":
            continue
        content = template(path)
        shared = content.get("Globals", {}).get("Function", {})
        for name, resource in content["Resources"].items():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Serverless::Function":
                properties = laid_over(properties, shared)
            if not types or resource["Type"] in types:
                found.append(Resource(path.parent.name, name, resource["Type"], properties))
    return tuple(found)


def laid_over(above: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    """Return a function's properties with the Globals under them: mappings merge, all else replaces."""
    merged = {**below, **above}
    for name in below.keys() & above.keys():
        if isinstance(below[name], dict) and isinstance(above[name], dict):
            merged[name] = laid_over(above[name], below[name])
    return merged


def functions() -> tuple[Resource, ...]:
    """Return every function."""
    return resources("AWS::Serverless::Function")


def statements(role: Resource) -> list[dict[str, Any]]:
    """Return what a role allows, one statement after the other."""
    return [
        statement
        for policy in role.properties.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def contract(service: str) -> dict[str, Any]:
    """Return a service's OpenAPI contract."""
    return template(ROOT / "functions" / service / "openapi.yaml")


def operations(service: str) -> dict[str, dict[str, Any]]:
    """Return the operations of a service's contract, by their ids."""
    return {
        operation["operationId"]: operation
        for path in contract(service)["paths"].values()
        for operation in path.values()
    }
