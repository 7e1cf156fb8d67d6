"""A partner as its own code is: an Ed25519 key and signed requests (RFC 9421), nothing of the service's."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey

from tests.stack import SECONDS, Stack

LAPTOPS_CONTACT_KEY = "OVLHLkW1Q+DS1PUhwphDroyLaiYjnq1HuYcyiIiSm+U="
"""The private half of PartnerContactKey in samconfig.toml's section local: it opens what tests sealed."""

COVERED = {
    "GET": ("@method", "@path"),
    "POST": ("@method", "@path", "content-digest", "idempotency-key"),
}


def in_base64(raw: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(raw).decode()


def digest(body: bytes) -> str:
    """Return a body's Content-Digest (RFC 9530)."""
    return f"sha-256=:{in_base64(hashlib.sha256(body).digest())}:"


def opened(sealed: str) -> Any:
    """Return what a sealed contact of the laptop's stack holds: whose it is, and the contact."""
    box = SealedBox(PrivateKey(base64.b64decode(LAPTOPS_CONTACT_KEY)))
    return json.loads(box.decrypt(base64.b64decode(sealed)))


@dataclass(frozen=True)
class Partner:
    """Somebody who signs requests."""

    url: str
    partner_id: str
    key: SigningKey = field(default_factory=SigningKey.generate)

    @property
    def public_key(self) -> str:
        """What is registered."""
        return in_base64(bytes(self.key.verify_key))

    def registration(self, *more_keys: str) -> dict[str, Any]:
        """Return what registers the partner."""
        return {
            "application": "Teahouse till",
            "purpose": "Orders what the teahouse runs out of",
            "contact": f"{self.partner_id}@example.com",
            "signing_keys": [self.public_key, *more_keys],
        }

    def signed(
        self, method: str, path: str, body: bytes = b"", key: str = "", created: int | None = None
    ) -> dict[str, str]:
        """Return the headers of a request; body and idempotency key count where the method has them."""
        headers = {"Content-Type": "application/json"} if body else {}
        if method == "POST":
            headers |= {"Content-Digest": digest(body), "Idempotency-Key": key or secrets.token_hex(16)}
        fields = {name.lower(): value for name, value in headers.items()} | {"@method": method, "@path": path}
        covered = COVERED.get(method, COVERED["GET"])
        parameters = '({});created={};keyid="{}"'.format(
            " ".join(f'"{name}"' for name in covered), created or int(time.time()), self.partner_id
        )
        lines = [f'"{name}": {fields[name]}' for name in covered] + [f'"@signature-params": {parameters}']
        signature = self.key.sign("\n".join(lines).encode()).signature
        return {
            **headers,
            "Signature-Input": f"sig={parameters}",
            "Signature": f"sig=:{in_base64(signature)}:",
        }

    def send(self, method: str, path: str, body: bytes = b"", **changes: Any) -> requests.Response:
        """Sign a request and send it; `changes` are given to `signed`."""
        return self.sent(method, path, body, self.signed(method, path, body, **changes))

    def sent(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> requests.Response:
        """Send a request with these headers as they stand."""
        return requests.request(method, self.url + path, data=body, headers=headers, timeout=SECONDS)

    def create(self, order: Any, **changes: Any) -> requests.Response:
        """Place an order."""
        return self.send("POST", "/partner/orders", json.dumps(order).encode(), **changes)

    def get(self, order_id: str, **changes: Any) -> requests.Response:
        """Read one order."""
        return self.send("GET", f"/partner/orders/{order_id}", **changes)


def staff(stack: Stack) -> Credentials:
    """Return what staff tools sign with."""
    answer = stack.client("sts").assume_role(RoleArn=stack["StaffToolsRoleArn"], RoleSessionName="staff-tool")
    given = answer["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def revoke(stack: Stack, partner_id: str, credentials: Credentials | None) -> requests.Response:
    """Revoke a partner as a staff tool does, with AWS credentials or without."""
    url = f"{stack['OrdersApiUrl'].rstrip('/')}/partners/{partner_id}"
    request = AWSRequest("DELETE", url, headers={})
    if credentials:
        SigV4Auth(credentials, "execute-api", stack["UserPoolId"].partition("_")[0]).add_auth(request)
    return requests.request("DELETE", url, headers=dict(request.headers), timeout=SECONDS)
