"""The project's templates as plain data: short forms of intrinsic functions become their long forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags too."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


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
        body: dict[str, Any] = yaml.load(self.text, _Loader)  # noqa: S506 - a SafeLoader with tags
        return body

    def resources(self, kind: str = "") -> dict[str, dict[str, Any]]:
        """Return the resources, of one type if given, by logical id."""
        found: dict[str, dict[str, Any]] = self.body["Resources"]
        return {name: resource for name, resource in found.items() if kind in {"", resource["Type"]}}

    def function_property(self, function: str, name: str) -> Any:
        """Return a function's property; a mapping is the Globals' and its own together."""
        common = self.body.get("Globals", {}).get("Function", {}).get(name)
        own = self.resources()[function]["Properties"].get(name)
        return {**common, **own} if isinstance(common, dict) and isinstance(own, dict) else own or common

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give each statement of each role's policies, with the role's logical id."""
        for name, role in self.resources("AWS::IAM::Role").items():
            for policy in role["Properties"].get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement


ROOT_TEMPLATE = Template(ROOT / "template.yaml")
SERVICES = [Template(path) for path in sorted(ROOT.glob("functions/*/*.yaml")) if path.name != "openapi.yaml"]
TEMPLATES = [ROOT_TEMPLATE, *SERVICES]
FUNCTIONS = [
    (template, name) for template in SERVICES for name in template.resources("AWS::Serverless::Function")
]
