"""The packages as they are deployed, built once by the tree's own recipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import packages


@pytest.fixture(scope="session")
def opt() -> Path:
    """Return all layers in one folder, as Lambda unpacks them."""
    return packages.layers()
