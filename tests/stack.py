"""The deployed stack that tests speak to, on this machine or in AWS, and the people who use it."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import time
from collections import UserDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import IO, Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config

OUTPUTS = Path(os.environ.get("LENS_OUTPUTS", Path(__file__).parents[1] / ".local/outputs.json"))
SECONDS = 60
FOLLOW_SECONDS = 120
PAUSES = 0.01
"""How long the pauses of state machines on this machine are, beside what they would be."""

ORDER: dict[str, Any] = {
    "currency": "EUR",
    "lines": [
        {"product_id": "teapot", "quantity": 2, "unit_price": 2450},
        {"product_id": "cup", "quantity": 6, "unit_price": 700},
    ],
    "payment_token": "tok_ok",
    "shipping_token": "ship_ok",
}
"""An order that the API takes."""

OFFER: dict[str, Any] = {
    "name": "Something for a test",
    "description": "It goes again.",
    "category": "tests",
    "unit_price": 100,
    "currency": "EUR",
}
"""An offer that the catalogue takes."""


@contextmanager
def held(what: str, *, shared: bool = False) -> Iterator[IO[str]]:
    """Hold something of the stack's that there is one of, alone or with others, and give the lock.

    Tests of one stack run in several processes: who changes such a thing holds it alone, and who relies on it
    with others who do.
    """
    with OUTPUTS.with_name(f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield lock


@cache  # a client reads the model of its service
def _client(service: str, engine: str | None, region: str) -> Any:
    if engine is None:
        session: Any = boto3.Session()
        return session.client(service)
    session = boto3.Session("test", "test", region_name=region)
    config = Config(retries={"total_max_attempts": 2})
    return session.client(service, endpoint_url=engine, config=config)


class Stack(UserDict[str, str]):
    """The root stack's outputs, by name."""

    @classmethod
    def read(cls) -> Stack:
        """Read the outputs of the running stack.

        Raises
        ------
        RuntimeError
            When no stack is up: the message says how to bring one up.
        """
        if not OUTPUTS.exists():
            raise RuntimeError(
                f"No stack to test: {OUTPUTS} is not there. Run `make up`, or set LENS_OUTPUTS."
            )
        return cls(json.loads(OUTPUTS.read_text()))

    def has(self, service: str) -> bool:
        """Tell whether a service is there: what costs while idle can be left out."""
        return bool(self.get(f"{service.title()}ApiUrl", "somewhere else"))

    def need(self, service: str) -> None:
        """Skip the test where a service is left out."""
        if not self.has(service):
            name = f"{service.title()}Service"
            pytest.skip(f"the {service} service is left out of this stack: it is there with {name}=true")

    @property
    def on_this_machine(self) -> bool:
        """Whether the stack runs on the local engine."""
        return "EngineUrl" in self

    def client(self, service: str) -> Any:
        """Return an AWS client of the account that holds the stack."""
        return _client(service, self.get("EngineUrl"), self["UserPoolId"].partition("_")[0])

    @cached_property
    def deployed(self) -> list[dict[str, str]]:
        """Every resource of the root stack and of those nested in it, as CloudFormation lists them."""
        cloudformation = self.client("cloudformation")

        def within(stack: str) -> list[dict[str, str]]:
            rows: list[dict[str, str]] = []
            for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
                for row in page["StackResourceSummaries"]:
                    rows.append(row)
                    if row["ResourceType"] == "AWS::CloudFormation::Stack":
                        nested = within(row["PhysicalResourceId"])
                        rows += [{"Service": row["LogicalResourceId"].lower(), **inner} for inner in nested]
            return rows

        return within(self["StackName"])

    def physical_id(self, service: str, logical_id: str) -> str:
        """Return the name that a service's resource has in the account; its stacks begin with its name."""
        return next(
            row["PhysicalResourceId"]
            for row in self.deployed
            if row.get("Service", "").startswith(service) and row["LogicalResourceId"] == logical_id
        )

    def scale_pauses(self, scale: float) -> None:
        """Let the pauses and waits of state machines that begin from now on last so much less; only here."""
        if self.on_this_machine:
            url = f"{self['EngineUrl']}/_ministack/config"
            requests.post(url, json={"stepfunctions._SFN_WAIT_SCALE": scale}, timeout=SECONDS)

    def stock_in(self, product_id: str, pieces: int) -> None:
        """Bring pieces of a product in."""
        self.client("dynamodb").update_item(
            TableName=self["StockTable"],
            Key={"product_id": {"S": product_id}},
            UpdateExpression="ADD available :pieces, reserved :none, sold :none",
            ExpressionAttributeValues={":pieces": {"N": str(pieces)}, ":none": {"N": "0"}},
        )

    def stock(self, product_id: str) -> dict[str, int]:
        """Return how many pieces of a product are available, reserved and sold."""
        item = self.client("dynamodb").get_item(
            TableName=self["StockTable"], Key={"product_id": {"S": product_id}}, ConsistentRead=True
        )["Item"]
        return {name: int(item[name]["N"]) for name in ("available", "reserved", "sold")}

    def expire(self, member_id: str) -> None:
        """Let the time of a member's profile be over in a second: nobody can wait for longer."""
        self.client("dynamodb").update_item(
            TableName=self.physical_id("mobile", "ContentTable"),
            Key={"pk": {"S": f"MEMBER#{member_id}"}, "sk": {"S": "PROFILE"}},
            UpdateExpression="SET expires_at = :now",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()) + 1)}},
        )

    def enrol(self, *groups: str) -> Member:
        """Make a confirmed member with a password, in the groups given."""
        cognito = self.client("cognito-idp")
        email = f"member-{secrets.token_hex(8)}@example.com"
        password = f"Aa1!{secrets.token_urlsafe(18)}"
        pool = self["UserPoolId"]
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        )
        cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
        for group in groups:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)
        return Member(self, email, password)


@dataclass(frozen=True)
class Member:
    """Somebody who can sign in."""

    stack: Stack
    email: str
    password: str

    @cached_property
    def tokens(self) -> dict[str, str]:
        """What a sign-in by password answers: AccessToken, IdToken, RefreshToken."""
        answer = self.stack.client("cognito-idp").initiate_auth(
            ClientId=self.stack["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.email, "PASSWORD": self.password},
        )
        tokens: dict[str, str] = answer["AuthenticationResult"]
        return tokens

    @property
    def token(self) -> str:
        """The access token that the APIs take."""
        return self.tokens["AccessToken"]

    @cached_property
    def _identities(self) -> Any:
        """A client of the identity pools. No call is signed: the id token is what tells who asks."""
        return boto3.client("cognito-identity", config=Config(signature_version=UNSIGNED), **self._where)

    @property
    def _where(self) -> dict[str, Any]:
        region = self.stack["UserPoolId"].partition("_")[0]
        return {"region_name": region, "endpoint_url": self.stack.get("EngineUrl")}

    @property
    def _login(self) -> dict[str, str]:
        pool = self.stack["UserPoolId"]
        return {f"cognito-idp.{pool.partition('_')[0]}.amazonaws.com/{pool}": self.tokens["IdToken"]}

    @cached_property
    def identity(self) -> str:
        """The id that the identity pool knows the member by."""
        pool = self.stack["IdentityPoolId"]
        known: str = self._identities.get_id(IdentityPoolId=pool, Logins=self._login)["IdentityId"]
        return known

    def aws(self, service: str) -> Any:
        """Return an AWS client with the credentials that the identity pool gives this member."""
        answer = self._identities.get_credentials_for_identity(IdentityId=self.identity, Logins=self._login)
        given = answer["Credentials"]
        session: Any = boto3.Session(given["AccessKeyId"], given["SecretKey"], given["SessionToken"])
        return session.client(service, **self._where)

    @property
    def claims(self) -> dict[str, Any]:
        """What the access token says, unverified."""
        return claims_of(self.token)

    def leave(self) -> None:
        """Remove the member again."""
        self.stack.client("cognito-idp").admin_delete_user(
            UserPoolId=self.stack["UserPoolId"], Username=self.email
        )


def claims_of(token: str) -> dict[str, Any]:
    """Return what a JSON Web Token claims, without verifying it."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def asked_for(order: dict[str, Any]) -> dict[str, Any]:
    """Return what of an order stays as it was placed: its saga changes the rest."""
    return {name: order[name] for name in ("order_id", "currency", "total", "lines", "created_at")}


class Api:
    """A service's API as a client sees it: URLs, headers and bodies, nothing of its inside."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self.session = requests.Session()
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, **request: Any) -> requests.Response:
        """Send any request at all; `path` begins with a slash and goes out as it stands."""
        request.setdefault("timeout", SECONDS)
        return self.session.request(method, self.url + path, **request)


class OrdersApi(Api):
    """The orders API as a client sees it."""

    def create(self, order: Any, key: str | None = None, **headers: str) -> requests.Response:
        """Place an order, under a fresh idempotency key unless one is given."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16), **headers}
        return self.send("POST", "/orders", json=order, headers=headers)

    def get(self, order_id: str, known: str | None = None) -> requests.Response:
        """Read one order, unless it is still as the entity tag `known` says."""
        headers = {} if known is None else {"If-None-Match": known}
        return self.send("GET", f"/orders/{order_id}", headers=headers)

    def cancel(self, order_id: str) -> requests.Response:
        """Cancel one order."""
        return self.send("POST", f"/orders/{order_id}/cancel")

    def follow(self, order_id: str) -> dict[str, Any]:
        """Read an order until it is final, as often as its answers ask for, and return it.

        Raises
        ------
        TimeoutError
            When it is still pending after FOLLOW_SECONDS.
        """
        deadline = time.monotonic() + FOLLOW_SECONDS
        while (answer := self.get(order_id)).headers.get("Retry-After"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"order {order_id}: {answer.text}")
            time.sleep(min(0.1, float(answer.headers["Retry-After"])))
        order: dict[str, Any] = answer.json()
        return order

    def list(self, **query: Any) -> requests.Response:
        """Read a page of orders, newest first."""
        return self.send("GET", "/orders", params=query)


class StreamApi(Api):
    """The stream API as a client sees it."""

    def windows(self) -> requests.Response:
        """Read how posts are put into windows."""
        return self.send("GET", "/windows")

    def top(self, known: str | None = None, **query: Any) -> requests.Response:
        """Read a page of a window's hashtags, unless it is still as the entity tag `known` says."""
        headers = {} if known is None else {"If-None-Match": known}
        return self.send("GET", "/trends", params=query, headers=headers)

    def history(self, hashtag: str, **query: Any) -> requests.Response:
        """Read a page of a hashtag's windows, the oldest first."""
        return self.send("GET", "/trends/history", params={"hashtag": hashtag, **query})

    def counts(self, moment: str) -> dict[str, int]:
        """Return every hashtag of the window that holds a moment, with its count, page by page."""
        found: dict[str, int] = {}
        query: dict[str, Any] = {"window": moment, "limit": 100}
        while True:
            answer = self.top(**query)
            answer.raise_for_status()
            page = answer.json()
            found |= {item["hashtag"]: item["count"] for item in page["items"]}
            if "next_cursor" not in page:
                return found
            query |= {"cursor": page["next_cursor"]}

    def archive(self, posts: Any, by: str = "function") -> requests.Response:
        """Send posts to the archive, by a function or by the gateway itself."""
        return self.send("POST", f"/archive/{by}/posts", json={"posts": posts})

    def ask(self, since: str, until: str, key: str | None = None) -> requests.Response:
        """Ask for a report, under a fresh idempotency key unless one is given."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        return self.send("POST", "/reports", json={"since": since, "until": until}, headers=headers)

    def report(self, report_id: str, known: str | None = None) -> requests.Response:
        """Read one report, unless it is still as the entity tag `known` says."""
        headers = {} if known is None else {"If-None-Match": known}
        return self.send("GET", f"/reports/{report_id}", headers=headers)

    def cancel(self, report_id: str) -> requests.Response:
        """Cancel one report."""
        return self.send("DELETE", f"/reports/{report_id}")

    def follow(self, report_id: str) -> dict[str, Any]:
        """Read a report until it has ended and return it.

        Raises
        ------
        TimeoutError
            When it is still running after FOLLOW_SECONDS.
        """
        deadline = time.monotonic() + FOLLOW_SECONDS
        while (answer := self.report(report_id)).headers.get("Retry-After"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"report {report_id}: {answer.text}")
            time.sleep(0.2)
        report: dict[str, Any] = answer.json()
        return report


class MobileApi(Api):
    """The mobile API as a client sees it."""

    def make_profile(self, name: str, **more: str) -> requests.Response:
        """Make the member's profile."""
        return self.send("POST", "/profile", json={"name": name, "display_name": name.title(), **more})

    def post(self, text: str, key: str | None = None, **more: Any) -> requests.Response:
        """Post, under a fresh idempotency key unless one is given."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        return self.send("POST", "/posts", json={"text": text, **more}, headers=headers)

    def change(self, post: dict[str, Any], **changes: Any) -> requests.Response:
        """Change a post, as it was read."""
        kept = {name: post[name] for name in ("text", "tags", "visibility")}
        headers = {"If-Match": f'"{post["version"]}"'}
        return self.send("PUT", f"/posts/{post['post_id']}", json={**kept, **changes}, headers=headers)

    def read(self, path: str, **query: Any) -> requests.Response:
        """Read what is at a path."""
        return self.send("GET", path, params=query)


class CatalogApi(Api):
    """The catalogue as a client sees it."""

    def list(self, **query: Any) -> requests.Response:
        """Read a page of products."""
        return self.send("GET", "/products", params=query)

    def get(self, product_id: str, **headers: str) -> requests.Response:
        """Read one product."""
        return self.send("GET", f"/products/{product_id}", headers=headers)

    def add(self, product: Any) -> requests.Response:
        """Add a product."""
        return self.send("POST", "/products", json=product)

    def change(self, product_id: str, offer: Any, **headers: str) -> requests.Response:
        """Put an offer in a product's place."""
        return self.send("PUT", f"/products/{product_id}", json=offer, headers=headers)

    def remove(self, product_id: str, **headers: str) -> requests.Response:
        """Remove a product."""
        return self.send("DELETE", f"/products/{product_id}", headers=headers)
