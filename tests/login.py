"""Ways to sign in: the managed login with a code and PKCE (RFC 7636), as a browser does, and SRP."""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from pycognito.aws_srp import AWSSRP

from tests.stack import Member, Stack

REDIRECT = "http://localhost:8080/"


class Login:
    """One visit: the page, its form, the code in the redirect, and the tokens for it."""

    def __init__(self, stack: Stack) -> None:
        if not stack.on_this_machine:
            pytest.skip("AWS's own login page is a script: only a browser can fill it in")
        self.url, self.client = stack["LoginUrl"], stack["UserPoolClientId"]
        self.verifier = secrets.token_urlsafe(48)

    def asked(self, scope: str, redirect: str = REDIRECT) -> dict[str, str]:
        """Return what the app asks the login for."""
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        )
        return {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": redirect,
            "scope": scope,
            "state": "the app's own",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }

    def code(self, member: Member, scope: str, redirect: str = REDIRECT) -> requests.Response:
        """Sign in and return the answer that should carry the code back to the app."""
        asked = self.asked(scope, redirect)
        page = requests.get(f"{self.url}/oauth2/authorize", params=asked, timeout=30, allow_redirects=False)
        if page.status_code != 200:
            return page
        form = {**asked, "username": member.email, "password": member.password}
        return requests.post(f"{self.url}/login", data=form, timeout=30, allow_redirects=False)

    def exchange(self, code: str, verifier: str) -> requests.Response:
        """Change a code for tokens."""
        grant = {
            "grant_type": "authorization_code",
            "client_id": self.client,
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": verifier,
        }
        return requests.post(f"{self.url}/oauth2/token", data=grant, timeout=30)


def query_of(answer: requests.Response) -> dict[str, str]:
    """Return the query of the address that an answer sends the browser to."""
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def token_by_srp(stack: Stack, member: Member) -> str:
    """Sign in by SRP, which never sends the password, and return the access token."""
    srp = AWSSRP(
        username=member.email,
        password=member.password,
        pool_id=stack["UserPoolId"],
        client_id=stack["UserPoolClientId"],
        client=stack.client("cognito-idp"),
    )
    token: str = srp.authenticate_user()["AuthenticationResult"]["AccessToken"]
    return token
