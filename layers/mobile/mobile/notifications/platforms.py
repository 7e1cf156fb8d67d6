"""Platform applications of SNS: what lets it speak to Apple's and Google's push services.

CloudFormation has no type for them. https://docs.aws.amazon.com/sns/latest/dg/mobile-push-send-register.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.custom_resources import Asked


class Sns(Protocol):
    """The calls of SNS that are made here."""

    def create_platform_application(self, **parameters: Any) -> Any: ...  # noqa: D102
    def set_platform_application_attributes(self, **parameters: Any) -> Any: ...  # noqa: D102
    def delete_platform_application(self, **parameters: Any) -> Any: ...  # noqa: D102


class Application(msgspec.Struct, frozen=True, rename="pascal"):
    """An application as the template describes it.

    Attributes
    ----------
    name
        The application's name.
    platform
        SNS's name of the platform: Google's Firebase Cloud Messaging is GCM.
    credentials
        The name of the parameter that has them.
    failures_topic
        The ARN of the topic that is told of endpoints to which nothing can be delivered.
    """

    name: str
    platform: Literal["APNS", "GCM"]
    credentials: str
    failures_topic: str


class AppleCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signing key for APNs, its id, and the team's and the app's ids."""

    signing_key: str
    key_id: str
    team_id: str
    bundle_id: str


def carry_out(asked: Asked, sns: Sns, secret: Callable[[str], str]) -> str:
    """Make, change or delete an application, and return its ARN.

    Parameters
    ----------
    asked
        What CloudFormation asks for.
    sns
        A client of SNS.
    secret
        Returns the value of a parameter by its name.
    """
    if asked.request_type == "Delete":
        if asked.physical_resource_id.startswith("arn:"):  # else it was never made
            sns.delete_platform_application(PlatformApplicationArn=asked.physical_resource_id)
        return asked.physical_resource_id
    wanted = msgspec.convert(asked.resource_properties, Application)
    attributes = {
        **_credentials(wanted, secret(wanted.credentials)),
        "EventDeliveryFailure": wanted.failures_topic,
    }
    if asked.physical_resource_id.endswith(f":app/{wanted.platform}/{wanted.name}"):
        sns.set_platform_application_attributes(
            PlatformApplicationArn=asked.physical_resource_id, Attributes=attributes
        )
        return asked.physical_resource_id
    made = sns.create_platform_application(Name=wanted.name, Platform=wanted.platform, Attributes=attributes)
    arn: str = made["PlatformApplicationArn"]
    return arn


def _credentials(wanted: Application, text: str) -> dict[str, str]:
    """Return the credentials as SNS takes them: Google's is the service account's JSON as it stands."""
    if wanted.platform == "GCM":
        return {"PlatformCredential": text}
    apple = msgspec.json.decode(text, type=AppleCredentials)
    return {
        "PlatformCredential": apple.signing_key,
        "PlatformPrincipal": apple.key_id,
        "ApplePlatformTeamID": apple.team_id,
        "ApplePlatformBundleID": apple.bundle_id,
    }
