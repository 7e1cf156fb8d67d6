"""Tokens that the token endpoint refreshes say of a user what the first ones did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.user_pools import UserPool, claims_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def test_tokens_of_the_managed_login_keep_their_groups_and_scopes_when_refreshed(
    client: Callable[[str], Any], engine: Engine
) -> None:
    pool = UserPool(client, engine)
    first = pool.log_in("openid orders/read")

    refreshed = pool.ask_for_tokens(grant_type="refresh_token", refresh_token=first["refresh_token"])

    before, after = claims_of(first["access_token"]), claims_of(refreshed["access_token"])
    assert before["scope"] == after["scope"] == "openid orders/read"
    assert before.get("cognito:groups") == ["premium"]
    assert after.get("cognito:groups") == ["premium"]
    assert claims_of(refreshed["id_token"]).get("cognito:groups") == ["premium"]
