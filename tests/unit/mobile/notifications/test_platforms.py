"""Platform applications: made, changed in place, deleted; their credentials from a parameter."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from mobile.notifications.platforms import carry_out
from shared.custom_resources import Asked
from tests.unit.functions import sample_event

ARN = "arn:aws:sns:eu-west-1:123456789012:app/GCM/serverless-lens-sandbox"
APPLE = {"signing_key": "key", "key_id": "id", "team_id": "team", "bundle_id": "bundle"}
KEPT = {"/serverless-lens/fcm": '{"type": "service_account"}', "/serverless-lens/apns": json.dumps(APPLE)}


class Sns:
    """What SNS was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def create_platform_application(self, **asked: Any) -> Any:
        self.asked.append(("create", asked))
        return {"PlatformApplicationArn": ARN.replace("GCM", asked["Platform"])}

    def set_platform_application_attributes(self, **asked: Any) -> Any:
        self.asked.append(("set", asked))

    def delete_platform_application(self, **asked: Any) -> Any:
        self.asked.append(("delete", asked))


def asked(request: str, physical: str = "", **properties: str) -> Asked:
    event = sample_event("mobile", "platform_application")
    changed = {**event["ResourceProperties"], **properties}
    return msgspec.convert(
        {**event, "RequestType": request, "PhysicalResourceId": physical, "ResourceProperties": changed},
        Asked,
    )


def test_googles_is_made_of_the_service_accounts_json() -> None:
    sns = Sns()

    assert carry_out(asked("Create"), sns, KEPT.__getitem__) == ARN
    (made,) = [given for _, given in sns.asked]
    assert (made["Name"], made["Platform"]) == ("serverless-lens-sandbox", "GCM")
    assert made["Attributes"] == {
        "PlatformCredential": '{"type": "service_account"}',
        "EventDeliveryFailure": "arn:aws:sns:eu-west-1:123456789012:failures",
    }


def test_apples_is_made_of_a_signing_key() -> None:
    sns = Sns()

    carry_out(asked("Create", Platform="APNS", Credentials="/serverless-lens/apns"), sns, KEPT.__getitem__)

    assert sns.asked[0][1]["Attributes"] == {
        "PlatformCredential": "key",
        "PlatformPrincipal": "id",
        "ApplePlatformTeamID": "team",
        "ApplePlatformBundleID": "bundle",
        "EventDeliveryFailure": "arn:aws:sns:eu-west-1:123456789012:failures",
    }


def test_one_that_keeps_its_name_is_changed_in_place() -> None:
    sns = Sns()

    assert carry_out(asked("Update", ARN), sns, KEPT.__getitem__) == ARN
    assert [call for call, _ in sns.asked] == ["set"]


def test_another_name_is_another_application() -> None:
    sns = Sns()

    carry_out(asked("Update", ARN, Name="another"), sns, KEPT.__getitem__)

    assert [call for call, _ in sns.asked] == ["create"]


@pytest.mark.parametrize(("physical", "calls"), [(ARN, ["delete"]), ("not-made", [])])
def test_what_was_made_is_deleted(physical: str, calls: list[str]) -> None:
    sns = Sns()

    assert carry_out(asked("Delete", physical), sns, KEPT.__getitem__) == physical
    assert [call for call, _ in sns.asked] == calls


def test_credentials_in_another_form_are_a_failure() -> None:
    with pytest.raises(msgspec.ValidationError):
        carry_out(asked("Create", Platform="APNS"), Sns(), KEPT.__getitem__)
