"""Give the stack people to sign in as, and something to buy."""

from __future__ import annotations

import contextlib
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from local import stock
from local.cloud import Cloud, LocalError

DEMO_USER = "demo@example.com"
DEMO_STAFF = "staff@example.com"
PRODUCTS = json.loads(Path(__file__).with_name("products.json").read_text())
PIECES = 1_000_000
"""Of each product: enough for a load test."""
CONFLICT = 409
SECONDS = 30


def seed(cloud: Cloud, pool: str, known: Mapping[str, str]) -> dict[str, str]:
    """Make a demo member and a demo colleague, confirmed; doing it again changes nothing.

    Parameters
    ----------
    cloud
        The copy of the application.
    pool
        The user pool's id.
    known
        The outputs of the last time, whose password is kept.

    Returns
    -------
    dict
        `DemoUser` and `DemoStaff`, who have the same `DemoPassword`.
    """
    password = known.get("DemoPassword") or f"{secrets.token_urlsafe(12)}-aA1"
    for user, group in ((DEMO_USER, "members"), (DEMO_STAFF, "staff")):
        enrol(cloud, pool, user, password)
        cognito = cloud.client("cognito-idp")
        with contextlib.suppress(cognito.exceptions.ResourceNotFoundException):
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=group)
    return {"DemoUser": DEMO_USER, "DemoStaff": DEMO_STAFF, "DemoPassword": password}


def push_credentials(cloud: Cloud, given: Mapping[str, str]) -> None:
    """Put credentials for the push services where the stack looks for them, unless there are some.

    They open nothing: the engine speaks to no push service.
    """
    apple = {"signing_key": "none", "key_id": "none", "team_id": "none", "bundle_id": "none"}
    for parameter, value in (("ApnsCredentials", json.dumps(apple)), ("FcmCredentials", "{}")):
        if name := given.get(parameter):
            ssm = cloud.client("ssm")
            with contextlib.suppress(ssm.exceptions.ParameterAlreadyExists):
                ssm.put_parameter(Name=name, Value=value, Type="SecureString")


def enrol(cloud: Cloud, pool: str, user: str, password: str) -> None:
    """Make somebody who can sign in at once; doing it again sets the password."""
    cognito = cloud.client("cognito-idp")
    attributes = [{"Name": "email", "Value": user}, {"Name": "email_verified", "Value": "true"}]
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool, Username=user, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
    cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)


def fill_shelves(cloud: Cloud, table: str) -> None:
    """Bring the demo's products in, unless there are products; doing it again changes nothing."""
    dynamodb = cloud.client("dynamodb")
    if not dynamodb.scan(TableName=table, Limit=1)["Items"]:
        stock.bring_in(dynamodb, table, {product["product_id"]: PIECES for product in PRODUCTS})


def fill_catalogue(cloud: Cloud, told: Mapping[str, str]) -> None:
    """Offer the demo's products, as staff does: through the API. One that is there stays as it is.

    Raises
    ------
    LocalError
        When the API refuses one.
    """
    signed_in = cloud.client("cognito-idp").initiate_auth(
        ClientId=told["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": told["DemoStaff"], "PASSWORD": told["DemoPassword"]},
    )
    token = signed_in["AuthenticationResult"]["AccessToken"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for product in PRODUCTS:
        url, body = f"{told['CatalogApiUrl']}/products", json.dumps(product).encode()
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - the engine's own
        try:
            with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
                pass
        except urllib.error.HTTPError as error:
            if error.code != CONFLICT:
                raise LocalError(f"The catalogue refuses {product['product_id']}: {error}.") from None
