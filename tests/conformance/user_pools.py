"""Cognito user pools for a test, with a client and a member."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.conformance.functions import allow, make_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

EMAIL, PASSWORD = "ada@example.com", "Analytical1!Engine"
CALLBACK = "http://localhost:3000/callback"


class UserPool:
    """A pool with a public client of the managed login and one member, Ada, who is in the group premium.

    Parameters
    ----------
    trigger
        The code of a pre token generation function for events of version two, or nothing.
    permitted
        Whether the function lets the pool invoke it.
    """

    def __init__(
        self, client: Callable[[str], Any], engine: Engine, trigger: str = "", *, permitted: bool = True
    ) -> None:
        self._engine = engine
        self.cognito = client("cognito-idp")
        config: dict[str, Any] = {}
        if trigger:
            self.function = make_function(client, trigger)
            arn = client("lambda").get_function(FunctionName=self.function)["Configuration"]["FunctionArn"]
            config = {"PreTokenGenerationConfig": {"LambdaArn": arn, "LambdaVersion": "V2_0"}}
        made = self.cognito.create_user_pool(
            PoolName="members", UsernameAttributes=["email"], UserPoolTier="ESSENTIALS", LambdaConfig=config
        )["UserPool"]
        self.id: str = made["Id"]
        self.arn: str = made["Arn"]
        if trigger and permitted:
            allow(client, self.function, "cognito-idp", self.arn)
        self.cognito.create_resource_server(
            UserPoolId=self.id,
            Identifier="orders",
            Name="orders",
            Scopes=[{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")],
        )
        self.client_id: str = self.cognito.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="web",
            ExplicitAuthFlows=[
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_USER_SRP_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid", "email", "orders/read", "orders/write"],
            CallbackURLs=[CALLBACK],
            SupportedIdentityProviders=["COGNITO"],
        )["UserPoolClient"]["ClientId"]
        self._add_ada()

    def _add_ada(self) -> None:
        attributes = {"email": EMAIL, "email_verified": "true"}
        self.cognito.admin_create_user(
            UserPoolId=self.id,
            Username=EMAIL,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        self.cognito.admin_set_user_password(
            UserPoolId=self.id, Username=EMAIL, Password=PASSWORD, Permanent=True
        )
        self.cognito.create_group(UserPoolId=self.id, GroupName="premium")
        self.cognito.admin_add_user_to_group(UserPoolId=self.id, Username=EMAIL, GroupName="premium")

    def sign_in(self) -> dict[str, str]:
        """Sign Ada in with her password and return what the tokens say, by name."""
        answer = self.cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": EMAIL, "PASSWORD": PASSWORD},
        )
        tokens: dict[str, str] = answer["AuthenticationResult"]
        return tokens

    def log_in(self, scope: str) -> dict[str, str]:
        """Sign Ada in at the managed login, by code and PKCE, and return what the token endpoint answers."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        asked = {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": scope,
            "state": "any",
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        page = requests.get(f"{self._engine.url}/oauth2/authorize", params=asked, timeout=10)
        assert page.ok, page.text
        form = {**asked, "username": EMAIL, "password": PASSWORD}
        sent = requests.post(f"{self._engine.url}/login", data=form, allow_redirects=False, timeout=10)
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
        return self.ask_for_tokens(
            grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=verifier
        )

    def ask_for_tokens(self, **form: str) -> dict[str, str]:
        """Return what the token endpoint answers."""
        given = {"client_id": self.client_id, **form}
        answer: dict[str, str] = requests.post(
            f"{self._engine.url}/oauth2/token", data=given, timeout=10
        ).json()
        return answer


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says, unverified."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims
