"""Imported, it lets the domains and what they share be imported, as in a function: they are in layers/."""

from __future__ import annotations

import sys

from local.engine.process import ROOT

sys.path[:0] = [
    str(layer.parent) for layer in sorted(ROOT.glob("layers/*/*")) if (layer / "__init__.py").is_file()
]
