"""Draw a state machine from its definition, as a Mermaid diagram: `python -m local.pictures FILE.asl.yaml`.

Solid arrows are ways that are meant, dotted ones are caught errors. Colours tell the kinds of states: blue is
a function, green a service that the machine calls itself, yellow a wait for people, red the dead end.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

SHAPES = {
    "Task": ("[", "]"),
    "Choice": ("{", "}"),
    "Wait": ("[/", "/]"),
    "Succeed": ("([", "])"),
    "Fail": ("[[", "]]"),
}
COLOURS = {
    "function": "fill:#dbeafe,stroke:#2563eb,color:#111827",
    "service": "fill:#dcfce7,stroke:#16a34a,color:#111827",
    "people": "fill:#fef9c3,stroke:#ca8a04,color:#111827",
    "choice": "fill:#f3f4f6,stroke:#9ca3af,color:#111827",
    "terminal": "fill:#ffffff,stroke:#6b7280,color:#111827",
    "failure": "fill:#fee2e2,stroke:#dc2626,color:#111827",
}


def drawing(definition: Mapping[str, Any]) -> str:
    """Return the diagram's text, in the order of the definition."""
    lines = ["flowchart TD", f"    start((start)) --> {definition['StartAt']}"]
    for name, state in definition["States"].items():
        opening, closing = SHAPES[state["Type"]]
        lines.append(f"    {name}{opening}{name}{closing}")
        lines += [f"    {name} {arrow} {target}" for arrow, target in _ways(state)]
    kinds = {"start": "terminal", **{name: _kind(state) for name, state in definition["States"].items()}}
    if any(state.get("End") for state in definition["States"].values()):
        kinds["done"] = "terminal"
    for kind, colours in COLOURS.items():
        if names := [name for name, own in kinds.items() if own == kind]:
            lines += [f"    classDef {kind} {colours}", f"    class {','.join(names)} {kind}"]
    return "\n".join(lines) + "\n"


def _kind(state: Mapping[str, Any]) -> str:
    """Return what a state is coloured as."""
    match state["Type"]:
        case "Choice":
            return "choice"
        case "Fail":
            return "failure"
        case "Task":
            resource = str(state["Resource"])
            if resource.endswith(".waitForTaskToken"):
                return "people"
            return "function" if ":lambda:" in resource else "service"
    return "terminal"  # a class may not be called end


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
