"""Signing in by another provider: a real one, in a process of its own, and what a crooked one would say."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config

from tests.federation import Visit, offered, sign_in
from tests.login import Login, query_of
from tests.providers import LIES, Change, Provider, Relay, provider, relay
from tests.stack import Member, MobileApi, OrdersApi, Stack, claims_of


@pytest.fixture(scope="module", autouse=True)
def _here(stack: Stack) -> None:
    if not stack.on_this_machine:
        pytest.skip("AWS cannot reach a provider on this machine")


@pytest.fixture(scope="module")
def neighbours() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def name(stack: Stack, neighbours: Provider) -> Iterator[str]:
    """The provider, as the stack's client knows it."""
    with offered(stack, neighbours) as known:
        yield known


@pytest.fixture
def crooked(stack: Stack, neighbours: Provider, name: str) -> Iterator[Relay]:
    """A token endpoint before the provider's: what it changes, the user pool is given."""
    cognito, place = stack.client("cognito-idp"), {"UserPoolId": stack["UserPoolId"], "ProviderName": name}
    before = cognito.describe_identity_provider(**place)["IdentityProvider"]["ProviderDetails"]
    with relay(neighbours) as running:
        details = before | running.endpoints | {"token_url": running.url}
        cognito.update_identity_provider(**place, ProviderDetails=details)
        yield running
        cognito.update_identity_provider(**place, ProviderDetails=before)


def test_who_comes_by_a_provider_is_a_member_as_others_are(
    stack: Stack, neighbours: Provider, name: str
) -> None:
    neighbours.knows("grace", email="grace@example.com", email_verified=True)

    tokens = sign_in(stack, neighbours, name, "grace")
    claims = claims_of(tokens["access_token"])
    api = MobileApi(stack["MobileApiUrl"], tokens["access_token"])

    assert claims["tier"] == "free"
    assert not {"members", "premium", "staff"} & set(claims["cognito:groups"])
    assert {"mobile/read", "mobile/write", "orders/read"} <= set(claims["scope"].split())
    assert api.make_profile(f"m_{secrets.token_hex(8)}").status_code == 201
    assert api.read("/profile").json()["member_id"] == claims["sub"]
    assert OrdersApi(stack["OrdersApiUrl"], tokens["access_token"]).list().status_code == 200
    again = claims_of(sign_in(stack, neighbours, name, "grace")["id_token"])
    assert again["sub"] == claims["sub"]
    assert (again["email"], again["tier"]) == ("grace@example.com", "free")


def test_an_address_that_has_an_account_opens_nothing_of_it(
    stack: Stack, neighbours: Provider, name: str
) -> None:
    owner = stack.enrol("members", "premium")
    try:
        own = MobileApi(stack["MobileApiUrl"], owner.token)
        own.make_profile(f"m_{secrets.token_hex(8)}")
        private = own.post("mine alone", visibility="private").json()
        neighbours.knows("mallory", email=owner.email, email_verified=True)

        tokens = sign_in(stack, neighbours, name, "mallory")
        theirs = MobileApi(stack["MobileApiUrl"], tokens["access_token"])

        assert claims_of(tokens["id_token"])["email"] == owner.email
        assert claims_of(tokens["access_token"])["sub"] != owner.claims["sub"]
        assert claims_of(tokens["access_token"])["tier"] == "free"
        assert theirs.read("/profile").status_code == 404
        assert theirs.read(f"/posts/{private['post_id']}").status_code == 404
        assert theirs.read(f"/members/{owner.claims['sub']}/posts", visibility="private").status_code == 403
        # And the account with the password is still its owner's.
        assert Member(stack, owner.email, owner.password).claims["sub"] == owner.claims["sub"]
        assert own.read(f"/posts/{private['post_id']}").json() == private
    finally:
        owner.leave()


def test_an_id_token_gives_credentials_for_ones_own_prefix(
    stack: Stack, neighbours: Provider, name: str
) -> None:
    region, pool = stack["UserPoolId"].partition("_")[0], stack["UserPoolId"]
    identities = boto3.client(
        "cognito-identity",
        region_name=region,
        endpoint_url=stack["EngineUrl"],
        config=Config(signature_version=UNSIGNED),
    )
    login = {
        f"cognito-idp.{region}.amazonaws.com/{pool}": sign_in(stack, neighbours, name, "ada")["id_token"]
    }

    identity = identities.get_id(IdentityPoolId=stack["IdentityPoolId"], Logins=login)["IdentityId"]
    given = identities.get_credentials_for_identity(IdentityId=identity, Logins=login)["Credentials"]

    assert given["SessionToken"]


def test_the_page_of_the_managed_login_offers_it(stack: Stack, name: str) -> None:
    login = Login(stack)

    page = requests.get(f"{login.url}/oauth2/authorize", params=login.asked("openid"), timeout=30)

    assert f"Continue with {name}" in page.text
    assert 'name="password"' in page.text


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_the_provider_did_not_sign_gets_nowhere(
    stack: Stack, neighbours: Provider, name: str, crooked: Relay, lie: Change
) -> None:
    crooked.change = lie
    visit = Visit(stack, name)

    told = visit.back(neighbours.sign_in(visit.away(), "mallory"))

    assert told["error"] == "invalid_request"
    assert "code" not in told


def test_a_token_of_another_visit_or_for_another_client_gets_nowhere(
    stack: Stack, neighbours: Provider, name: str, crooked: Relay
) -> None:
    seen: list[str] = []
    crooked.change = lambda token: seen.append(token) or token  # type: ignore[func-returns-value]
    earlier = Visit(stack, name)
    assert "code" in earlier.back(neighbours.sign_in(earlier.away(), "ada"))

    crooked.change = lambda _: seen[0]
    replayed = Visit(stack, name)
    assert replayed.back(neighbours.sign_in(replayed.away(), "mallory"))["error"] == "invalid_request"

    crooked.change, crooked.client_id = lambda token: token, "another_shop"
    other = Visit(stack, name)
    away = other.away().replace("client_id=shop", "client_id=another_shop")
    assert other.back(neighbours.sign_in(away, "mallory"))["error"] == "invalid_request"


@pytest.mark.usefixtures("crooked")
def test_another_issuer_gets_nowhere(stack: Stack, neighbours: Provider, name: str) -> None:
    cognito, place = stack.client("cognito-idp"), {"UserPoolId": stack["UserPoolId"], "ProviderName": name}
    details = cognito.describe_identity_provider(**place)["IdentityProvider"]["ProviderDetails"]
    # As if the neighbours' tokens came from somebody who is not trusted.
    cognito.update_identity_provider(**place, ProviderDetails=details | {"oidc_issuer": "http://localhost:1"})
    visit = Visit(stack, name)

    told = visit.back(neighbours.sign_in(visit.away(), "mallory"))

    assert told["error"] == "invalid_request"


def test_an_answer_that_was_not_asked_for_or_came_before_gets_nowhere(
    stack: Stack, neighbours: Provider, name: str
) -> None:
    visit = Visit(stack, name)
    back = neighbours.sign_in(visit.away(), "ada")
    split = urlsplit(back)
    query = dict(parse_qsl(split.query))
    forged = split._replace(query=urlencode(query | {"state": secrets.token_urlsafe(24)})).geturl()
    nameless = split._replace(query=urlencode({"code": query["code"]})).geturl()

    assert "code" not in visit.back(forged)
    assert "code" not in visit.back(nameless)
    assert "code" in visit.back(back)
    assert "code" not in visit.back(back)


def test_a_code_from_a_provider_is_worth_nothing_without_its_verifier(
    stack: Stack, neighbours: Provider, name: str
) -> None:
    visit = Visit(stack, name)
    code = visit.back(neighbours.sign_in(visit.away(), "ada"))["code"]

    stolen = visit.login.exchange(code, secrets.token_urlsafe(48))

    assert stolen.json()["error"] == "invalid_grant"


def test_a_provider_sends_nobody_to_an_address_that_is_not_the_apps(stack: Stack, name: str) -> None:
    login = Login(stack)
    asked = login.asked("openid", redirect="https://example.org/") | {"identity_provider": name}

    answer = requests.get(f"{login.url}/oauth2/authorize", params=asked, timeout=30, allow_redirects=False)

    assert answer.status_code in {302, 400}
    assert "example.org" not in answer.headers.get("Location", "")
    assert "code" not in (query_of(answer) if answer.is_redirect else {})
