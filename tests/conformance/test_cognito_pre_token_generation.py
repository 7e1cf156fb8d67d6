"""One pre token generation event makes both tokens, and where the trigger fails there are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.functions import printed
from tests.conformance.rest_api import refusal
from tests.conformance.user_pools import UserPool, claims_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def answering(**details: Any) -> str:
    """Return a trigger that prints its event and answers these details."""
    return f"""
import json
def handler(event, context):
    print(json.dumps(event))
    event["response"]["claimsAndScopeOverrideDetails"] = json.loads({json.dumps(details)!r})
    return event
"""


def test_one_event_brings_claims_into_both_tokens_and_scopes_into_the_access_token(
    client: Callable[[str], Any], engine: Engine
) -> None:
    pool = UserPool(
        client,
        engine,
        answering(
            accessTokenGeneration={
                "claimsToAddOrOverride": {"tier": "premium"},
                "scopesToAdd": ["orders/read"],
            },
            idTokenGeneration={"claimsToAddOrOverride": {"tier": "premium"}},
        ),
    )

    tokens = pool.sign_in()

    access, identity = claims_of(tokens["AccessToken"]), claims_of(tokens["IdToken"])
    assert access["tier"] == identity["tier"] == "premium"
    assert access["scope"] == "aws.cognito.signin.user.admin orders/read"
    lines = printed(client, f"/aws/lambda/{pool.function}")
    events = [json.loads(line) for line in lines if line.startswith("{")]
    assert len(events) == 1
    assert events[0]["version"] == "2"
    assert events[0]["triggerSource"] == "TokenGeneration_Authentication"
    assert events[0]["request"]["groupConfiguration"] == {
        "groupsToOverride": ["premium"],
        "iamRolesToOverride": [],
        "preferredRole": None,
    }


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        (
            "def handler(event, context):\n    raise ValueError('not today')",
            "UserLambdaValidationException: PreTokenGeneration failed with error not today.",
        ),
        (
            "def handler(event, context):\n    return None",
            "InvalidLambdaResponseException: Unrecognizable lambda output",
        ),
    ],
)
def test_a_trigger_that_fails_fails_the_sign_in(
    client: Callable[[str], Any], engine: Engine, code: str, refused: str
) -> None:
    pool = UserPool(client, engine, code)

    assert refusal(pool.sign_in) == refused


def test_a_trigger_that_fails_fails_the_managed_login_too(
    client: Callable[[str], Any], engine: Engine
) -> None:
    pool = UserPool(client, engine, "def handler(event, context):\n    raise ValueError('not today')")

    answer = pool.log_in("openid orders/read")

    assert answer == {
        "error": "invalid_grant",
        "error_description": "PreTokenGeneration failed with error not today.",
    }


def test_a_trigger_changes_groups_but_no_claim_of_cognitos_own(
    client: Callable[[str], Any], engine: Engine
) -> None:
    own = {"sub": "another", "exp": 9999999999, "tier": "premium"}
    pool = UserPool(
        client,
        engine,
        answering(
            accessTokenGeneration={"claimsToAddOrOverride": own, "claimsToSuppress": ["iss"]},
            groupOverrideDetails={"groupsToOverride": ["staff"]},
        ),
    )

    tokens = pool.sign_in()

    claims = claims_of(tokens["AccessToken"])
    assert claims["cognito:groups"] == claims_of(tokens["IdToken"])["cognito:groups"] == ["staff"]
    assert claims["sub"] == claims["username"]
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["iss"].endswith(pool.id)
    assert claims["tier"] == "premium"
