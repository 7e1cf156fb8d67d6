"""An OpenID Connect provider on this machine, in a process of its own, and what a crooked one would say.

The provider is oidc-provider-mock: real tokens by Authlib, with a discovery document and keys; whoever is
asked for signs in. `Relay` stands in front of its token endpoint, and changes the id tokens on their way.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SECONDS = 60
BEGIN_SECONDS = 60

Change = Callable[[str], str]
"""What is made of an id token on its way."""


class Provider:
    """A running provider; `issuer` is the address that it is known by."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def knows(self, subject: str, **claims: Any) -> None:
        """Let the provider know somebody, with what it says of them."""
        answer = requests.put(f"{self.issuer}/users/{quote(subject)}", json=claims, timeout=SECONDS)
        answer.raise_for_status()

    def sign_in(self, address: str, subject: str) -> str:
        """Be somebody at the provider's page, and return the address that it sends the browser to."""
        page = requests.get(address, timeout=SECONDS)
        page.raise_for_status()
        assert re.search(r'name="sub"', page.text), page.text
        answer = requests.post(address, data={"sub": subject}, timeout=SECONDS, allow_redirects=False)
        assert answer.is_redirect, answer.text
        return answer.headers["Location"]

    def details(self, **more: str) -> dict[str, str]:
        """Return the provider as Cognito is told of it."""
        return {
            "client_id": "shop",
            "client_secret": "told to nobody",
            "oidc_issuer": self.issuer,
            "attributes_request_method": "GET",
            "authorize_scopes": "openid email",
            **more,
        }


@contextmanager
def provider(*options: str) -> Iterator[Provider]:
    """Run a provider on 127.0.0.1, with options of its command; it ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        *options,
    ]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        known = Provider(f"http://localhost:{port}")
        deadline = time.monotonic() + BEGIN_SECONDS
        while True:
            with suppress(requests.ConnectionError):
                requests.get(f"{known.issuer}/.well-known/openid-configuration", timeout=SECONDS)
                break
            assert running.poll() is None, "the provider ended"
            assert time.monotonic() < deadline, "the provider did not begin"
            time.sleep(0.1)
        yield known
    finally:
        running.terminate()
        running.wait(SECONDS)


class Relay:
    """A token endpoint before the provider's own.

    `change` is what it makes of each id token, `client_id` whom it says to be; its own caller where empty.
    """

    def __init__(self, behind: Provider) -> None:
        found = requests.get(f"{behind.issuer}/.well-known/openid-configuration", timeout=SECONDS).json()
        self.url = ""
        self.client_id = ""
        self.change: Change = lambda token: token
        self.endpoints = {
            "authorize_url": found["authorization_endpoint"],
            "jwks_uri": found["jwks_uri"],
            "attributes_url": found["userinfo_endpoint"],
        }
        self.token_endpoint = found["token_endpoint"]

    def answer(self, body: bytes, headers: dict[str, str]) -> requests.Response:
        """Ask the provider for tokens, and change them."""
        form = dict(parse_qsl(body.decode()))
        form["client_id"] = self.client_id or form["client_id"]
        answer = requests.post(self.token_endpoint, data=form, headers=headers, timeout=SECONDS)
        if answer.ok:
            told = answer.json()
            told["id_token"] = self.change(told["id_token"])
            answer._content = json.dumps(told).encode()
        return answer


@contextmanager
def relay(behind: Provider) -> Iterator[Relay]:
    """Run a relay on 127.0.0.1; it ends with the block."""
    made = Relay(behind)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = made.answer(body, {"Content-Type": self.headers["Content-Type"]})
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        made.url = f"http://127.0.0.1:{server.server_port}/token"
        yield made
    finally:
        server.shutdown()
        server.server_close()


def rewritten(token: str, **claims: Any) -> str:
    """Return a token that says something else, with the signature that it had."""
    header, payload, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | claims
    return f"{header}.{_part(said)}.{signature}"


def signed_by_another(token: str) -> str:
    """Return a token that says the same, signed by a key that is not the provider's."""
    header, payload, _ = token.split(".")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = key.sign(f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{header}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def unsigned(token: str) -> str:
    """Return a token that says the same, and that it needs no signature."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


LIES: dict[str, Change] = {
    "tampered": lambda token: rewritten(token, sub="somebody else"),
    "signed by another": signed_by_another,
    "unsigned": unsigned,
    "no token": lambda _: "nothing",
}
"""Id tokens that a provider did not make so, by what is wrong with them."""
