"""Run every check of the code, the templates and the contracts, and show what those that fail have to say."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from local.engine.process import ROOT
from local.progress import Phase, Progress
from local.tool import Tool

BIN = ROOT / ".venv/bin"
CFN_LINT = (BIN / "cfn-lint", "--append-rules", "cfn_lint_serverless.rules")
# Without the download it asks nobody for the pages that it would link to.
CHECKOV = (
    ROOT / ".local/envs/checkov/bin/checkov",
    "--quiet",
    "--compact",
    "--skip-download",
    "--framework",
    "cloudformation",
)
SOURCES = ("benchmarks", "functions", "layers", "loadtests", "local", "tests")


@dataclass(frozen=True)
class Check:
    """One tool's run over what it is for."""

    name: str
    command: tuple[str | Path, ...]


def checks(root: Path) -> list[Check]:
    """Return the checks of the tree at `root`, the longest first, so that none of these is waited for alone.

    Those of a kind of file that it does not have are left out.
    """
    sources = [name for name in SOURCES if (root / name).is_dir()]
    templates = sorted(
        str(path.relative_to(root)) for path in root.glob("functions/*/*.yaml") if path.name != "openapi.yaml"
    )
    contracts = sorted(str(path.relative_to(root)) for path in root.glob("functions/*/openapi.yaml"))
    templates = ["template.yaml", *templates]
    found = []
    if (root / "frontend").is_dir():
        found.append(Check("web app", (BIN / "python", "-m", "local.frontend", "check")))
    found += [
        Check("mypy", (BIN / "mypy", *sources)),
        Check("cfn-lint", (*CFN_LINT, "--", *templates)),
        Check("checkov", (*CHECKOV, "--file", *templates)),
        Check("ruff", (BIN / "ruff", "check", "--quiet", ".")),
        Check("format", (BIN / "ruff", "format", "--quiet", "--diff", ".")),
    ]
    if contracts:
        found.append(Check("contracts", (BIN / "openapi-spec-validator", "--errors", "all", *contracts)))
    return found


def run(wanted: Sequence[Check], progress: Progress, logs: Path) -> dict[str, str]:
    """Run checks, as many at once as there are processors; return what the failed ones said, by name."""
    waiting = list(wanted)
    under_way: list[tuple[Check, Tool, Phase]] = []
    failed = {}
    try:
        while waiting or under_way:
            while waiting and len(under_way) < (os.cpu_count() or 1):
                check = waiting.pop(0)
                log = logs / f"{check.name}.log"
                tool = Tool(check.command, log=log, env=dict(os.environ), cwd=ROOT)
                under_way.append((check, tool, progress.start(check.name)))
            for check, tool, phase in [entry for entry in under_way if entry[1].code is not None]:
                progress.finish(phase, "failed" if tool.code else "done")
                if tool.code:
                    # mypy follows a wrong call of boto3 with the signature for every AWS service.
                    failed[check.name] = re.sub(r".*note: {5}def client.*\n", "", tool.said)
                under_way.remove((check, tool, phase))
            time.sleep(0.05)
    finally:
        for _, tool, _ in under_way:
            tool.end()
    return failed


def main() -> int:
    """Run every check; return 1 when one fails."""
    try:
        with tempfile.TemporaryDirectory() as logs, Progress(Console(highlight=False)) as progress:
            failed = run(checks(ROOT), progress, Path(logs))
    except KeyboardInterrupt:
        return 130
    for name, said in failed.items():
        print(f"\n{name}:\n{said.rstrip()}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
