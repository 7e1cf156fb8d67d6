"""Draw a state machine from its definition, as a Mermaid diagram: `python -m local.pictures FILE.asl.yaml`.

Solid arrows are ways that are meant, dotted ones are caught errors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

SHAPES = {"Task": ("[", "]"), "Choice": ("{", "}"), "Succeed": ("([", "])"), "Fail": ("[[", "]]")}


def drawing(definition: Mapping[str, Any]) -> str:
    """Return the diagram's text, in the order of the definition."""
    lines = ["flowchart TD", f"    start((start)) --> {definition['StartAt']}"]
    for name, state in definition["States"].items():
        opening, closing = SHAPES[state["Type"]]
        lines.append(f"    {name}{opening}{name}{closing}")
        lines += [f"    {name} {arrow} {target}" for arrow, target in _ways(state)]
    return "\n".join(lines) + "\n"


def _ways(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the ways out of a state, each once."""
    meant = [choice["Next"] for choice in state.get("Choices", [])]
    meant += [state[key] for key in ("Default", "Next") if key in state]
    if state.get("End"):
        meant.append("done((done))")
    caught = [catch["Next"] for catch in state.get("Catch", [])]
    for target in dict.fromkeys(meant):
        yield "-->", target
    for target in dict.fromkeys(caught):
        if target not in meant:
            yield "-.->", target


if __name__ == "__main__":
    print(drawing(yaml.safe_load(Path(sys.argv[1]).read_text())), end="")
