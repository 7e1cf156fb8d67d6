"""API Gateway's keys and usage plans: what a caller's requests are counted and limited by.

A key here is a name in a ledger and no credential: no caller knows it, and the authorizer names it
(`usageIdentifierKey`) for whomever it has recognised by other means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_apigateway.client import APIGatewayClient

# API Gateway's control plane takes a few calls a second for the whole account: try again, patiently.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)


class Metering:
    """The keys of all callers. Every method can be repeated: it goes on where an earlier try ended.

    Parameters
    ----------
    plans
        The ids of the usage plans, by the name that the domain knows them by.
    gateway
        The client to use; a fresh one when left out.
    """

    def __init__(self, plans: Mapping[str, str], gateway: APIGatewayClient | None = None) -> None:
        self._plans = plans
        self._gateway = gateway or cast(
            "APIGatewayClient",
            botocore.session.get_session().create_client("apigateway", config=_CONFIG),
        )

    def count(self, name: str, key: str, plan: str) -> None:
        """Have the requests that are made under `key` counted in `plan`, and in no other.

        Parameters
        ----------
        name
            What the key is found by, whole and unique.
        key
            The key's value: 20 to 128 letters and digits.
        plan
            One of the plans.
        """
        key_id = self._id(name) or self._gateway.create_api_key(name=name, value=key, enabled=True)["id"]
        for other in self._plans.keys() - {plan}:
            _unless(
                "NotFoundException",
                lambda other=other: self._gateway.delete_usage_plan_key(  # type: ignore[misc]
                    usagePlanId=self._plans[other], keyId=key_id
                ),
            )
        _unless(
            "ConflictException",  # it is in the plan already
            lambda: self._gateway.create_usage_plan_key(
                usagePlanId=self._plans[plan], keyId=key_id, keyType="API_KEY"
            ),
        )

    def forget(self, name: str) -> None:
        """Delete the key: whoever is still recognised under it is refused."""
        key_id = self._id(name)
        if key_id is not None:
            _unless("NotFoundException", lambda: self._gateway.delete_api_key(apiKey=key_id))

    def _id(self, name: str) -> str | None:
        found = self._gateway.get_api_keys(nameQuery=name, includeValues=False)["items"]
        return next((key["id"] for key in found if key["name"] == name), None)


def _unless(code: str, call: Callable[[], object]) -> None:
    """Call, and take a refusal with this code as done."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
