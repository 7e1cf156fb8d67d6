"""The templates as data: every resource of every service, with intrinsic functions in their long form."""

from __future__ import annotations

from collections.abc import Iterator
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


@dataclass(frozen=True)
class Template:
    """One template file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def body(self) -> dict[str, Any]:
        return parsed(self.path)

    def resources(self, kind: str = "") -> dict[str, dict[str, Any]]:
        """Return the resources, of one type if given, by logical id."""
        found: dict[str, dict[str, Any]] = self.body["Resources"]
        return {name: resource for name, resource in found.items() if kind in {"", resource["Type"]}}

    def properties(self, logical_id: str) -> dict[str, Any]:
        """Return a resource's properties; those of a function have the Globals under them."""
        resource = self.resources()[logical_id]
        own: dict[str, Any] = resource.get("Properties", {})
        if resource["Type"] != "AWS::Serverless::Function":
            return own
        return laid_over(own, self.body.get("Globals", {}).get("Function", {}))

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give each statement of each role and of each policy that stands alone, with its logical id."""
        for name, role in {**self.resources("AWS::IAM::Role"), **self.resources("AWS::IAM::Policy")}.items():
            for statement in statements(role["Properties"]):
                yield name, statement


@cache
def parsed(path: Path) -> dict[str, Any]:
    """Return a file of CloudFormation's YAML with its intrinsic functions in their long form."""
    content: dict[str, Any] = load(str(path))
    return content


def laid_over(above: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    """Return a function's properties with the Globals under them: mappings merge, all else replaces."""
    merged = {**below, **above}
    for name in below.keys() & above.keys():
        if isinstance(below[name], dict) and isinstance(above[name], dict):
            merged[name] = laid_over(above[name], below[name])
    return merged


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a role, or a policy, of these properties allows, one statement after the other.

    A statement that a condition takes away is among them: what may be granted is judged, and used.
    """
    return [
        statement["Fn::If"][1] if "Fn::If" in statement else statement
        for policy in ([role] if "PolicyDocument" in role else role.get("Policies", []))
        for statement in policy["PolicyDocument"]["Statement"]
    ]


ROOT_TEMPLATE = Template(ROOT / "template.yaml")
SERVICES = [Template(path) for path in sorted(ROOT.glob("functions/*/*.yaml")) if path.name != "openapi.yaml"]
TEMPLATES = [ROOT_TEMPLATE, *SERVICES]


@cache
def resources(*types: str) -> tuple[Resource, ...]:
    """Return every resource of these types, of all services; of all types when none is named."""
    return tuple(
        Resource(template.path.parent.name, name, resource["Type"], template.properties(name))
        for template in SERVICES
        for name, resource in template.resources().items()
        if not types or resource["Type"] in types
    )


def functions() -> tuple[Resource, ...]:
    """Return every function."""
    return resources("AWS::Serverless::Function")


def contract(service: str) -> dict[str, Any]:
    """Return a service's OpenAPI contract."""
    return parsed(ROOT / "functions" / service / "openapi.yaml")


def operations(service: str) -> dict[str, dict[str, Any]]:
    """Return the operations of a service's contract, by their ids."""
    return {
        operation["operationId"]: operation
        for path in contract(service)["paths"].values()
        for operation in path.values()
    }
