"""Give the stack a member to sign in as, and something to buy."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping

from local import stock
from local.cloud import Cloud

DEMO_USER = "demo@example.com"
GROUP = "members"
STOCK = {"teapot": 1_000_000, "cup": 1_000_000}
"""Enough for a load test."""


def seed(cloud: Cloud, pool: str, known: Mapping[str, str]) -> dict[str, str]:
    """Make the demo member, confirmed and in the group members; doing it again changes nothing.

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
        `DemoUser` and `DemoPassword`.
    """
    cognito = cloud.client("cognito-idp")
    password = known.get("DemoPassword") or f"{secrets.token_urlsafe(12)}-aA1"
    attributes = [{"Name": "email", "Value": DEMO_USER}, {"Name": "email_verified", "Value": "true"}]
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool, Username=DEMO_USER, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
    cognito.admin_set_user_password(UserPoolId=pool, Username=DEMO_USER, Password=password, Permanent=True)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=DEMO_USER, GroupName=GROUP)
    return {"DemoUser": DEMO_USER, "DemoPassword": password}


def fill_shelves(cloud: Cloud, table: str) -> None:
    """Bring the demo's products in, unless there are products; doing it again changes nothing."""
    dynamodb = cloud.client("dynamodb")
    if not dynamodb.scan(TableName=table, Limit=1)["Items"]:
        stock.bring_in(dynamodb, table, STOCK)
