"""What the command that brings stock in takes."""

from __future__ import annotations

import pytest

from local.stock import wanted


def test_products_and_their_pieces() -> None:
    assert wanted(["teapot=100", "cup-2=6"]) == {"teapot": 100, "cup-2": 6}


@pytest.mark.parametrize("argument", ["teapot", "teapot=", "teapot=0", "teapot=-1", "=1", "a b=1", "a=1.5"])
def test_anything_else_is_refused_by_name(argument: str) -> None:
    with pytest.raises(ValueError, match="product=quantity"):
        wanted(["cup=1", argument])
