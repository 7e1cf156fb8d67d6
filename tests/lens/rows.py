"""The rows of the review, as rows.yaml tells them, and the page that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

PAGE = Path(__file__).parents[2] / "docs/lens.md"


@dataclass(frozen=True)
class Row:
    """One scenario component or question of the Lens.

    `answer` is empty where nothing stands yet; `open` is empty where nothing is missing.
    """

    id: str
    asks: str
    answer: str = ""
    stands_in: str = ""
    open: str = ""


ROWS = tuple(
    Row(id=name, **fields)
    for name, fields in yaml.safe_load(Path(__file__).with_name("rows.yaml").read_text()).items()
)


def page() -> str:
    """Return the review's answers as the Markdown page docs/lens.md."""
    lines = [
        "# The Lens, answered",
        "",
        "Each row of the AWS Well-Architected Serverless Applications Lens: its answer, and what is open.",
        "`make review` runs the tests that prove them. This page is written by `python -m tests.lens.rows`.",
    ]
    for row in ROWS:
        lines += ["", f"## {row.id}", "", f"*{row.asks}*", "", row.answer or "Open."]
        if row.stands_in:
            lines += ["", f"Stands in: {row.stands_in}."]
        if row.answer and row.open:
            lines += ["", f"Open: {row.open}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
