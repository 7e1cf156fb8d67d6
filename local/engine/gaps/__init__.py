"""The gap-fillers: one module for each AWS behaviour that the stock engine lacks.

A module stands alone, names the behaviour in the first line of its docstring and restores it in `fill()`.
Each has a test in tests/conformance/ that passes on the filled engine and fails on the stock one, so that a
gap which upstream mends is noticed and its filler dropped.
"""

from __future__ import annotations

import importlib
import pkgutil


def names() -> list[str]:
    """Return the gap-fillers' module names, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def fill_all() -> None:
    """Fill every gap.

    Raises
    ------
    AttributeError
        When the engine no longer has a name that a gap-filler mends: the pinned engine was raised without
        running the conformance tests.
    """
    for name in names():
        importlib.import_module(f"{__name__}.{name}").fill()
