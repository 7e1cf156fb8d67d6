"""Who reads the catalogue: visitors, members of a tier, and those whose token is no good."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.functions import Context, load, sample_event
from tests.unit.shared.test_tokens import CLAIMS, ISSUER, NOW, published, token

KEYS = {"VISITOR_KEY": "the visitors'", "FREE_KEY": "the free ones'", "PREMIUM_KEY": "the premium ones'"}


@pytest.fixture
def identify(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Ask the authorizer about a request with these Authorization headers."""
    environment = {"USER_POOL_ID": ISSUER.rpartition("/")[2], **KEYS}
    module = load("web", "identify_caller", monkeypatch, environment)
    module.tokens._fetch = lambda: published("one")
    module.tokens._clock = lambda: NOW

    def ask(*authorization: str) -> dict[str, Any]:
        event = sample_event("web", "identify_caller")
        if authorization:
            event["multiValueHeaders"]["authorization"] = list(authorization)
        answer: dict[str, Any] = module.handler(event, Context())
        assert json.loads(json.dumps(answer)) == answer
        (statement,) = answer["policyDocument"]["Statement"]
        assert (statement["Effect"], statement["Resource"]) == ("Allow", event["methodArn"])
        return answer

    return ask


def test_a_visitor_counts_in_the_visitors_plan(identify: Callable[..., dict[str, Any]]) -> None:
    answer = identify()

    assert answer["usageIdentifierKey"] == KEYS["VISITOR_KEY"]
    assert answer["context"] == {"tier": "visitor", "groups": "", "refused": False}


@pytest.mark.parametrize(
    ("tier", "key"), [("free", "FREE_KEY"), ("premium", "PREMIUM_KEY"), ("gold", "FREE_KEY")]
)
def test_a_member_counts_in_the_plan_of_the_tier(
    identify: Callable[..., dict[str, Any]], tier: str, key: str
) -> None:
    answer = identify(f"Bearer {token({**CLAIMS, 'tier': tier})}")

    assert answer["usageIdentifierKey"] == KEYS[key]
    assert answer["principalId"] == CLAIMS["sub"]
    assert answer["context"]["groups"] == "members premium"
    assert answer["context"]["refused"] is False


@pytest.mark.parametrize(
    "authorization",
    [
        [""],
        ["Bearer"],
        ["Bearer x.y.z"],
        ["Basic YTpi"],
        [token()],
        [f"Bearer {token()}"] * 2,
        ["Bearer " + token()[:-2]],
    ],
    ids=["empty", "no token", "no JWT", "another scheme", "no scheme", "two", "cut"],
)
def test_a_token_that_is_no_good_counts_as_a_visitors_and_is_refused(
    identify: Callable[..., dict[str, Any]], authorization: list[str]
) -> None:
    answer = identify(*authorization)

    assert answer["usageIdentifierKey"] == KEYS["VISITOR_KEY"]
    assert answer["context"] == {"tier": "visitor", "groups": "", "refused": True}
