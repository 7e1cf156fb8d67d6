"""A running stack that signs people in by a provider on this machine, by the template that does so in AWS."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.login import Login, query_of
from tests.providers import Provider
from tests.stack import Stack, claims_of, held
from tests.templates import ROOT

TEMPLATE = ROOT / "functions/identity/providers.yaml"
STACK_SECONDS = 60
SCOPES = "openid email mobile/read mobile/write orders/read"
KEPT = (
    "ClientName",
    "ExplicitAuthFlows",
    "SupportedIdentityProviders",
    "CallbackURLs",
    "LogoutURLs",
    "AllowedOAuthFlows",
    "AllowedOAuthScopes",
    "AllowedOAuthFlowsUserPoolClient",
    "PreventUserExistenceErrors",
    "EnableTokenRevocation",
    "TokenValidityUnits",
    "AccessTokenValidity",
    "IdTokenValidity",
    "RefreshTokenValidity",
    "ReadAttributes",
    "WriteAttributes",
)
"""What a client of the user pool is made of: an update without it takes it away."""


@contextmanager
def offered(stack: Stack, provider: Provider) -> Iterator[str]:
    """Let the stack's app sign in by a provider as well; it is taken away again.

    What CloudFormation does for the parameters OidcName, OidcClientId and OidcIssuer is done here for a stack
    that stands: the template of the providers, and the client that names what it made. One test at a time
    does it, also of those in other processes: there is one client.
    """
    with held("federation"), _offered(stack, provider) as name:
        yield name


@contextmanager
def _offered(stack: Stack, provider: Provider) -> Iterator[str]:
    cognito, cloudformation = stack.client("cognito-idp"), stack.client("cloudformation")
    suffix = secrets.token_hex(4)
    name, secret = f"Neighbours-{suffix}", f"serverless-lens/{suffix}"
    stack.client("secretsmanager").create_secret(
        Name=secret, SecretString=json.dumps({"oidc": "told to nobody"})
    )
    given = dict.fromkeys(("Google", "Facebook", "Amazon", "Apple"), "")
    parameters = {f"{each}ClientId": value for each, value in given.items()} | {
        "UserPoolId": stack["UserPoolId"],
        "Secret": secret,
        "AppleTeamId": "",
        "AppleKeyId": "",
        "OidcName": name,
        "OidcClientId": "shop",
        "OidcIssuer": provider.issuer,
    }
    cloudformation.create_stack(
        StackName=f"providers-{suffix}",
        TemplateBody=TEMPLATE.read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    client: dict[str, Any] = cognito.describe_user_pool_client(
        UserPoolId=stack["UserPoolId"], ClientId=stack["UserPoolClientId"]
    )["UserPoolClient"]
    place = {"UserPoolId": stack["UserPoolId"], "ClientId": stack["UserPoolClientId"]}
    kept = {each: client[each] for each in KEPT if each in client}
    try:
        made = _made(cloudformation, f"providers-{suffix}")
        assert made == f"COGNITO,{name}"
        cognito.update_user_pool_client(**place, **{**kept, "SupportedIdentityProviders": made.split(",")})
        yield name
    finally:
        cognito.update_user_pool_client(**place, **kept)
        for user in cognito.list_users(UserPoolId=stack["UserPoolId"])["Users"]:
            if user["Username"].startswith(name):
                cognito.admin_delete_user(UserPoolId=stack["UserPoolId"], Username=user["Username"])
        cloudformation.delete_stack(StackName=f"providers-{suffix}")
        stack.client("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


def _made(cloudformation: Any, name: str) -> str:
    """Wait for a stack, and return its output Names."""
    deadline = time.monotonic() + STACK_SECONDS
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return str(stack["Outputs"][0]["OutputValue"])
        assert stack["StackStatus"] == "CREATE_IN_PROGRESS", stack
        assert time.monotonic() < deadline, stack
        time.sleep(0.1)


class Visit:
    """Somebody on the way from the app to a provider and back."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.login, self._name = Login(stack), name

    def away(self) -> str:
        """Return the address of the provider that the managed login sends the browser to."""
        asked = {**self.login.asked(SCOPES), "identity_provider": self._name}
        answer = requests.get(
            f"{self.login.url}/oauth2/authorize", params=asked, timeout=30, allow_redirects=False
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def back(self, address: str) -> dict[str, str]:
        """Follow the provider's answer, and return what the app is told: a code, or why there is none."""
        answer = requests.get(address, timeout=30, allow_redirects=False)
        return query_of(answer) if answer.is_redirect else {"error": str(answer.status_code)}

    def tokens(self, code: str) -> dict[str, str]:
        """Change the code for tokens."""
        answer = self.login.exchange(code, self.login.verifier)
        assert answer.ok, answer.text
        found: dict[str, str] = answer.json()
        return found


def sign_in(stack: Stack, provider: Provider, name: str, subject: str) -> dict[str, str]:
    """Sign somebody in by the provider, and return their tokens."""
    visit = Visit(stack, name)
    told = visit.back(provider.sign_in(visit.away(), subject))
    tokens = visit.tokens(told["code"])
    assert claims_of(tokens["id_token"])["sub"]
    return tokens
