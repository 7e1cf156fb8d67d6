"""No unit test reaches for the network: a socket that is opened fails the test."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_network(socket_disabled: None) -> None:
    """Take sockets away for the length of a test."""
