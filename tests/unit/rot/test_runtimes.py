"""No runtime in a template is near its end.

The dates are AWS's (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html), as cfn-lint, which
AWS keeps, brings them: they are raised with its pin.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import load

from layers.dependencies import build

ROOT = Path(__file__).parents[3]
NOTICE = dt.timedelta(days=180)
TEMPLATES = [
    ROOT / "template.yaml",
    *sorted(path for path in (ROOT / "functions").glob("*/*.yaml") if path.name != "openapi.yaml"),
]


def named_runtimes(node: Any) -> Iterator[str]:
    """Find every runtime that a template names: of a function, in its globals, and as a parameter's value."""
    match node:
        case dict():
            for key, value in node.items():
                if key in {"Runtime", "PythonRuntime", "CompatibleRuntimes", "Default", "AllowedValues"}:
                    values = value if isinstance(value, list) else [value]
                    yield from (str(one) for one in values if isinstance(one, str) and one in lifecycle())
                yield from named_runtimes(value)
        case list():
            for value in node:
                yield from named_runtimes(value)


def lifecycle() -> dict[str, dict[str, str]]:
    """Return the runtimes that have a date of deprecation."""
    data = resources.files("cfnlint.data.AdditionalSpecs").joinpath("LmbdRuntimeLifecycle.json").read_text()
    dates: dict[str, dict[str, str]] = json.loads(data)
    return dates


def test_the_templates_name_a_runtime_that_has_a_date() -> None:
    assert set(named_runtimes(load(str(ROOT / "template.yaml"))))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_runtime_is_within_180_days_of_its_deprecation(template: Path) -> None:
    near = {
        runtime: lifecycle()[runtime]["deprecated"]
        for runtime in named_runtimes(load(str(template)))
        if dt.date.fromisoformat(lifecycle()[runtime]["deprecated"]) - NOTICE <= dt.date.today()  # noqa: DTZ011
    }

    assert near == {}


def test_layers_are_compiled_for_the_runtime_that_functions_run_on() -> None:
    default = load(str(ROOT / "template.yaml"))["Parameters"]["PythonRuntime"]["Default"]

    assert default == "python{}.{}".format(*build.RUNTIME)
