"""What a member's tokens say, from Cognito's event to its answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.functions import ROOT, Context, load, sample_event

Overrides = dict[str, Any]


@pytest.fixture
def overrides(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Overrides]:
    """Run the function for a member of these groups whose sign-in has these scopes."""
    module = load("identity", "pre_token_generation", monkeypatch)

    def run(groups: list[str] | None = None, scopes: list[str] | None = None) -> Overrides:
        event = sample_event("identity", "pre_token_generation")
        if groups is not None:
            event["request"]["groupConfiguration"]["groupsToOverride"] = groups
        if scopes is not None:
            event["request"]["scopes"] = scopes
        answer: Overrides = module.handler(event, Context())["response"]["claimsAndScopeOverrideDetails"]
        return answer

    return run


def test_the_sample_members_tokens_say_premium_and_open_the_apis(overrides: Callable[..., Overrides]) -> None:
    answer = overrides()

    assert answer["idTokenGeneration"] == {"claimsToAddOrOverride": {"tier": "premium"}}
    assert answer["accessTokenGeneration"] == {
        "claimsToAddOrOverride": {"tier": "premium"},
        "scopesToAdd": [
            "mobile/read",
            "mobile/write",
            "orders/read",
            "orders/write",
            "catalog/write",
            "operations/read",
            "operations/write",
            "stream/read",
            "stream/write",
        ],
    }


@pytest.mark.parametrize(
    ("groups", "tier"),
    [
        ([], "free"),
        (["members"], "free"),
        (["staff", "members"], "free"),
        (["members", "premium"], "premium"),
    ],
)
def test_the_tier_is_premium_in_the_group_premium_only(
    overrides: Callable[..., Overrides], groups: list[str], tier: str
) -> None:
    assert overrides(groups)["accessTokenGeneration"]["claimsToAddOrOverride"] == {"tier": tier}


@pytest.mark.parametrize("scopes", [["openid"], ["openid", "orders/read"], ["orders/read"], []])
def test_a_sign_in_that_asked_for_its_scopes_gets_no_others(
    overrides: Callable[..., Overrides], scopes: list[str]
) -> None:
    assert overrides(scopes=scopes)["accessTokenGeneration"]["scopesToAdd"] == []


def test_the_rest_of_the_event_goes_back_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("identity", "pre_token_generation", monkeypatch)
    event = sample_event("identity", "pre_token_generation")

    answer = module.handler(sample_event("identity", "pre_token_generation"), Context())

    assert {**answer, "response": None} == {**event, "response": None}


def test_nothing_of_the_member_is_logged(
    overrides: Callable[..., Overrides], capsys: pytest.CaptureFixture[str]
) -> None:
    overrides()

    assert "member@example.com" not in capsys.readouterr().out


def test_it_starts_without_an_aws_client() -> None:
    """Cognito waits for it at every sign-in: a cold start must not pay for what it does not use."""
    script = f"""
import sys
sys.path[:0] = ["{ROOT}/layers/shared", "{ROOT}/functions/identity/pre_token_generation"]
import app
print(sorted({{"boto3", "botocore.session", "urllib3"}} & set(sys.modules)))
"""

    loaded = subprocess.run(  # noqa: S603 - the script is above
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )

    assert loaded.stdout.strip() == "[]"
