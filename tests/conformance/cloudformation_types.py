"""The resource types of AWS with their attributes, as cfn-lint knows them.

`python -m tests.conformance.cloudformation_types` writes them down for the engine, which has no cfn-lint.
"""

from __future__ import annotations

import re

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER as SCHEMAS

from local.engine.process import REGION, ROOT

WRITTEN = ROOT / "local/engine/gaps/cloudformation_types.txt"
MADE_BY_A_MACRO = "AWS::Serverless::"
NAME = re.compile(r"[A-Za-z0-9.]+")


def known() -> str:
    """Return one line a type: its name, then the names of its attributes that are not patterns."""
    lines = []
    for kind in sorted(SCHEMAS.get_resource_types(REGION)):
        if not kind.startswith(MADE_BY_A_MACRO):
            attributes = SCHEMAS.get_resource_schema(REGION, kind).get_atts
            lines.append(" ".join([kind, *sorted(filter(NAME.fullmatch, attributes))]) + "\n")
    return "".join(lines)


if __name__ == "__main__":
    WRITTEN.write_text(known())
