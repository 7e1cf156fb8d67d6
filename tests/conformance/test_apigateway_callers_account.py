"""An API is reached by its URL alone: what a caller writes into Authorization does not choose the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from local.engine.process import REGION
from tests.conformance.rest_api import RestApi, content

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

POOL = f"arn:aws:cognito-idp:{REGION}:000000000000:userpool/{REGION}_nobody"
CREDENTIAL = "123456789012/20261121/us-east-1/execute-api/aws4_request"
SIGNED = f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=0"


def test_the_authorizer_judges_a_foreign_signature(client: Callable[[str], Any], engine: Engine) -> None:
    api = RestApi(client, engine)
    authorizer = api.gateway.create_authorizer(
        restApiId=api.id,
        name="members",
        type="COGNITO_USER_POOLS",
        providerARNs=[POOL],
        identitySource="method.request.header.Authorization",
    )
    api.mock("/members", "GET", authorizationType="COGNITO_USER_POOLS", authorizerId=authorizer["id"])
    api.gateway_response("UNAUTHORIZED", '{"title": "Unauthorized"}')

    answer = requests.get(f"{api.deploy()}/members", headers={"Authorization": SIGNED}, timeout=5)

    assert (answer.status_code, content(answer)) == (401, {"title": "Unauthorized"})
