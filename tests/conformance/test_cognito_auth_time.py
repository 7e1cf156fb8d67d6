"""Refreshed tokens tell when the user signed in, and not when they were refreshed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.conformance.user_pools import UserPool, claims_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def test_a_refresh_is_no_sign_in(client: Callable[[str], Any], engine: Engine) -> None:
    pool = UserPool(client, engine)
    first = pool.log_in("openid orders/read")
    time.sleep(1.1)  # times are whole seconds

    refreshed = pool.ask_for_tokens(grant_type="refresh_token", refresh_token=first["refresh_token"])

    for kind in ("id_token", "access_token"):
        before, after = claims_of(first[kind]), claims_of(refreshed[kind])
        assert after["iat"] > before["iat"]
        assert after["auth_time"] == before["auth_time"]
