"""The review itself: it claims no more than what its tests prove."""

from __future__ import annotations

import re

from tests import templates
from tests.lens.rows import PAGE, ROWS, page

HERE = templates.ROOT / "tests/lens"


def test_a_row_has_an_answer_just_when_a_test_proves_it() -> None:
    marked = {
        name
        for path in HERE.glob("test_*.py")
        for name in re.findall(r'pytest\.mark\.lens\("([A-Z]+-\d)"\)', path.read_text())
    }

    assert marked == {row.id for row in ROWS if row.answer}


def test_the_page_tells_what_the_rows_tell() -> None:
    assert page() == PAGE.read_text(), "run: python -m tests.lens.rows"
