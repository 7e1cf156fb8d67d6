"""Sign-in and sign-out lead back to an address of a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

LABEL = "d111111abcdef8"


def ask(client: Callable[[str], Any], engine: Engine, address: str) -> tuple[int, int]:
    """Return how sign-in and sign-out with this address are answered, to a client of LABEL's."""
    cognito = client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="members")["UserPool"]["Id"]
    app = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="web",
        CallbackURLs=[f"https://{LABEL}.cloudfront.net/signed-in"],
        LogoutURLs=[f"https://{LABEL}.cloudfront.net/"],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        AllowedOAuthFlowsUserPoolClient=True,
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]["ClientId"]
    asked = {
        "response_type": "code",
        "client_id": app,
        "scope": "openid",
        "redirect_uri": f"{address}/signed-in",
    }
    page = requests.get(f"{engine.url}/oauth2/authorize", params=asked, timeout=10, allow_redirects=False)
    out = {"client_id": app, "logout_uri": f"{address}/"}
    left = requests.get(f"{engine.url}/logout", params=out, timeout=10, allow_redirects=False)
    return page.status_code, left.status_code


def test_the_address_that_the_engine_serves_is_the_distributions(
    client: Callable[[str], Any], engine: Engine
) -> None:
    assert ask(client, engine, f"http://{LABEL}.cloudfront.localhost:{engine.port}") == (200, 302)


@pytest.mark.parametrize(
    "other", ["http://d0.cloudfront.localhost:{port}", "http://{label}.example.com:{port}"]
)
def test_another_is_refused(client: Callable[[str], Any], engine: Engine, other: str) -> None:
    own = ask(client, engine, f"http://{LABEL}.cloudfront.localhost:{engine.port}")

    assert own == (200, 302)
    assert ask(client, engine, other.format(port=engine.port, label=LABEL)) == (400, 400)
