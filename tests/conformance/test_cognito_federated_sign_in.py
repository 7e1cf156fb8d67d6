"""Who signs in by an OpenID Connect provider is who that provider says, and gets as far as the app asked."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests

from tests.conformance.user_pools import CALLBACK, claims_of
from tests.providers import LIES, Change, Provider, Relay, provider, relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

NAME = "Neighbours"


class FederatedPool:
    """A user pool with a domain whose app signs in by a provider too; `asked` is what an app asks for."""

    def __init__(self, client: Callable[[str], Any], engine: Engine, details: dict[str, str]) -> None:
        self.url = engine.url
        self.cognito = client("cognito-idp")
        self.id = self.cognito.create_user_pool(PoolName="members", UsernameAttributes=["email"])["UserPool"][
            "Id"
        ]
        self.cognito.create_user_pool_domain(UserPoolId=self.id, Domain=f"shop-{secrets.token_hex(4)}")
        self.cognito.create_identity_provider(
            UserPoolId=self.id,
            ProviderName=NAME,
            ProviderType="OIDC",
            ProviderDetails=details,
            AttributeMapping={"email": "email", "email_verified": "email_verified"},
        )
        self.client_id = self._client(["COGNITO", NAME])
        self.without = self._client(["COGNITO"])
        self.verifier, self.nonce = secrets.token_urlsafe(48), secrets.token_hex(8)

    def _client(self, providers: list[str]) -> str:
        made = self.cognito.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="web",
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid", "email"],
            CallbackURLs=[CALLBACK],
            SupportedIdentityProviders=providers,
        )
        return str(made["UserPoolClient"]["ClientId"])

    @property
    def asked(self) -> dict[str, str]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=")
        return {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid email",
            "state": "the app's own",
            "nonce": self.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }

    def leave(self, **asked: str) -> requests.Response:
        """Ask to sign in, and return the answer, which should lead to the provider."""
        return requests.get(
            f"{self.url}/oauth2/authorize", params=self.asked | asked, timeout=30, allow_redirects=False
        )

    def to_provider(self) -> str:
        """Return the address of the provider that an app's browser is sent to."""
        return self.leave(identity_provider=NAME).headers["Location"]

    def come_back(self, address: str) -> dict[str, str]:
        """Follow the provider's answer to this engine, and return what the app is told."""
        back = urlsplit(address)
        answer = requests.get(f"{self.url}{back.path}?{back.query}", timeout=30, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(CALLBACK)
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def exchange(self, code: str, verifier: str) -> requests.Response:
        """Change a code for tokens."""
        grant = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
        }
        return requests.post(f"{self.url}/oauth2/token", data=grant, timeout=30)

    def users(self) -> list[dict[str, str]]:
        """Return the attributes of everybody in the pool."""
        found = self.cognito.list_users(UserPoolId=self.id)["Users"]
        return [{each["Name"]: each["Value"] for each in user["Attributes"]} for user in found]


@pytest.fixture(scope="module")
def neighbours() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def crooked(neighbours: Provider) -> Iterator[Relay]:
    with relay(neighbours) as running:
        yield running


def test_a_way_to_the_provider_is_on_the_page_and_leads_to_tokens_for_who_has_the_verifier(
    client: Callable[[str], Any], engine: Engine, neighbours: Provider
) -> None:
    pool = FederatedPool(client, engine, neighbours.details())
    neighbours.knows("grace", email="grace@example.com", email_verified=True, shoe_size=39)

    page = requests.get(f"{pool.url}/oauth2/authorize", params=pool.asked, timeout=30).text
    links = [html.unescape(found) for found in re.findall(r'href="(/oauth2/authorize[^"]+)"', page)]
    away = requests.get(urljoin(pool.url, links[0]), timeout=30, allow_redirects=False).headers["Location"]
    back = neighbours.sign_in(away, "grace")
    told = pool.come_back(back)
    stolen = pool.exchange(told["code"], secrets.token_urlsafe(48))
    tokens = pool.exchange(told["code"], pool.verifier).json()

    assert len(links) == 1
    assert back.startswith(f"http://localhost:{urlsplit(pool.url).port}/oauth2/idpresponse?")
    assert told["state"] == "the app's own"
    assert stolen.json()["error"] == "invalid_grant"
    claims = claims_of(tokens["id_token"])
    assert (claims["email"], claims["email_verified"]) == ("grace@example.com", True)
    assert claims["nonce"] == pool.nonce
    assert claims["cognito:username"] == f"{NAME}_grace"
    assert claims_of(tokens["access_token"])["sub"] == claims["sub"] != "grace"
    assert [set(user) for user in pool.users()] == [{"sub", "email", "email_verified", "identities"}]
    again = requests.post(
        f"{pool.url}/oauth2/token",
        data={
            "grant_type": "refresh_token",
            "client_id": pool.client_id,
            "refresh_token": tokens["refresh_token"],
        },
        timeout=30,
    )
    assert claims_of(again.json()["access_token"])["sub"] == claims["sub"]


def refused(pool: FederatedPool, address: str) -> None:
    """Come back from the provider, and assert that nobody is signed in."""
    before = pool.users()

    told = pool.come_back(address)

    assert told.keys() == {"error", "error_description", "state"}
    assert (told["error"], told["state"]) == ("invalid_request", "the app's own")
    assert pool.users() == before


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_the_provider_did_not_sign_gets_nowhere(
    client: Callable[[str], Any], engine: Engine, neighbours: Provider, crooked: Relay, lie: Change
) -> None:
    pool = FederatedPool(client, engine, neighbours.details(**crooked.endpoints, token_url=crooked.url))
    crooked.change = lie

    refused(pool, neighbours.sign_in(pool.to_provider(), "mallory"))


def test_what_was_signed_for_an_earlier_visit_gets_nowhere(
    client: Callable[[str], Any], engine: Engine, neighbours: Provider, crooked: Relay
) -> None:
    pool = FederatedPool(client, engine, neighbours.details(**crooked.endpoints, token_url=crooked.url))
    seen: list[str] = []
    crooked.change = lambda token: seen.append(token) or token  # type: ignore[func-returns-value]
    assert "code" in pool.come_back(neighbours.sign_in(pool.to_provider(), "ada"))

    crooked.change = lambda _: seen[0]

    refused(pool, neighbours.sign_in(pool.to_provider(), "mallory"))


def test_what_was_signed_for_another_client_gets_nowhere(
    client: Callable[[str], Any], engine: Engine, neighbours: Provider, crooked: Relay
) -> None:
    pool = FederatedPool(client, engine, neighbours.details(**crooked.endpoints, token_url=crooked.url))
    crooked.change, crooked.client_id = lambda token: token, "another_shop"

    away = pool.to_provider().replace("client_id=shop", "client_id=another_shop")
    try:
        refused(pool, neighbours.sign_in(away, "mallory"))
    finally:
        crooked.client_id = ""


def test_another_issuer_and_one_whose_tokens_are_too_old_get_nowhere(
    client: Callable[[str], Any], engine: Engine, neighbours: Provider, crooked: Relay
) -> None:
    ends = {**crooked.endpoints, "token_url": crooked.token_endpoint}
    another = FederatedPool(
        client, engine, neighbours.details(**ends) | {"oidc_issuer": "http://localhost:1"}
    )

    refused(another, neighbours.sign_in(another.to_provider(), "mallory"))
    with provider("--token-max-age=-60") as late:
        pool = FederatedPool(client, engine, late.details())
        refused(pool, late.sign_in(pool.to_provider(), "mallory"))


def test_a_client_signs_in_by_its_own_providers_alone(
    client: Callable[[str], Any], engine: Engine, neighbours: Provider
) -> None:
    pool = FederatedPool(client, engine, neighbours.details())

    page = requests.get(
        f"{pool.url}/oauth2/authorize", params=pool.asked | {"client_id": pool.without}, timeout=30
    )

    assert NAME not in page.text
    assert pool.leave(identity_provider=NAME, client_id=pool.without).status_code == 400
    assert pool.leave(identity_provider=NAME).headers["Location"].startswith(neighbours.issuer)
