"""A method without scopes takes the ID token of a user pool, and no access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

PASSWORD = "Correct-horse-9"
OF_EVERY_SIGN_IN = "aws.cognito.signin.user.admin"


def test_the_scopes_of_a_method_decide_which_token_it_takes(
    client: Callable[[str], Any], engine: Engine
) -> None:
    cognito, api = client("cognito-idp"), RestApi(client, engine)
    pool = cognito.create_user_pool(PoolName="members")["UserPool"]
    app = cognito.create_user_pool_client(
        UserPoolId=pool["Id"], ClientName="web", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]
    cognito.admin_create_user(UserPoolId=pool["Id"], Username="ann")
    cognito.admin_set_user_password(UserPoolId=pool["Id"], Username="ann", Password=PASSWORD, Permanent=True)
    tokens = cognito.admin_initiate_auth(
        UserPoolId=pool["Id"],
        ClientId=app["ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    authorizer = api.gateway.create_authorizer(
        restApiId=api.id,
        name="members",
        type="COGNITO_USER_POOLS",
        providerARNs=[pool["Arn"]],
        identitySource="method.request.header.Authorization",
    )
    guarded = {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": authorizer["id"]}
    api.mock("/id", "GET", **guarded)
    api.mock("/access", "GET", **guarded, authorizationScopes=[OF_EVERY_SIGN_IN])
    base = api.deploy()

    statuses = {
        (path, kind): requests.get(
            f"{base}{path}", headers={"Authorization": tokens[kind]}, timeout=5
        ).status_code
        for path in ("/id", "/access")
        for kind in ("IdToken", "AccessToken")
    }

    assert statuses == {
        ("/id", "IdToken"): 200,
        ("/id", "AccessToken"): 401,
        ("/access", "IdToken"): 401,
        ("/access", "AccessToken"): 200,
    }
