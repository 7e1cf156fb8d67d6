"""Mobile push by SNS: an endpoint for each device token, and messages to it.

https://docs.aws.amazon.com/sns/latest/dg/mobile-push-send-devicetoken.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from shared import aws
from shared.faults import Transient
from shared.problems import BadRequest, FieldError

if TYPE_CHECKING:
    from collections.abc import Mapping

# What CreatePlatformEndpoint says of a token that has an endpoint with other attributes: disabled, as a rule.
_EXISTS = r"(arn:\S+) already exists with the same Token"
_SERVERS_FAULT = 500


class BadToken(BadRequest):
    """The platform has no such tokens."""

    def __init__(self) -> None:
        super().__init__(
            "The platform has no such tokens.", [FieldError("/token", "is no token of the platform")]
        )


class Unreachable(Transient):
    """SNS did not answer, or was too busy: a message may have been taken all the same."""


class Push:
    """The platform applications of SNS, by their platforms: APNS, FCM.

    Parameters
    ----------
    applications
        Their ARNs; an empty one where there are no credentials.
    sns
        The client to use; the environment's own when left out.
    """

    def __init__(self, applications: Mapping[str, str], sns: Any = None) -> None:
        self._applications = {platform: arn for platform, arn in applications.items() if arn}
        self._sns = sns

    def has(self, platform: str) -> bool:
        """Say whether there is an application of this platform."""
        return platform in self._applications

    def ready(self, platform: str, token: str, known: str | None) -> str:
        """Return the endpoint of a token, enabled. Two calls, and one more for one that has to be changed.

        Parameters
        ----------
        platform, token
            What the app was given by its platform.
        known
            The device's endpoint until now, which takes the token if it has another one.

        Raises
        ------
        BadToken
            When the platform has no such tokens.
        Unreachable
            When another try may succeed.
        """
        endpoint = known or self._created(platform, token)
        attributes = self._attributes(endpoint)
        if attributes is None:
            endpoint, attributes = self._created(platform, token), {}
        if attributes.get("Token") == token and attributes.get("Enabled") == "true":
            return endpoint
        other = self._changed(endpoint, {"Token": token, "Enabled": "true"})
        if other is None:
            return endpoint
        # The token has an endpoint already, of whoever registered it before: one is enough.
        self.delete(endpoint)
        self._changed(other, {"Enabled": "true"})
        return other

    def delete(self, endpoint: str) -> None:
        """Delete an endpoint; there may be none."""
        self._call("delete_endpoint", EndpointArn=endpoint)

    def delivers(self, endpoint: str) -> bool:
        """Say whether an endpoint is there and enabled.

        Raises
        ------
        Unreachable
            When another try may succeed.
        """
        return (self._attributes(endpoint) or {}).get("Enabled") == "true"

    def send(self, endpoint: str, message: str, attributes: Mapping[str, str]) -> bool:
        """Send a message to an endpoint; False when it will never arrive there, disabled or deleted as it is.

        Parameters
        ----------
        endpoint
            Its ARN.
        message
            JSON, with the payload of each platform as text.
        attributes
            Message attributes, all of type String.

        Raises
        ------
        Unreachable
            When another try may succeed.
        """
        try:
            self._call(
                "publish",
                TargetArn=endpoint,
                Message=message,
                MessageStructure="json",
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
        except ClientError as error:
            said = error.response["Error"]
            # A deleted endpoint is an invalid parameter, by what Publish says of it.
            if said["Code"] in {"EndpointDisabled", "NotFound"} or "No endpoint found" in said["Message"]:
                return False
            raise
        return True

    def _created(self, platform: str, token: str) -> str:
        try:
            answer = self._call(
                "create_platform_endpoint", PlatformApplicationArn=self._applications[platform], Token=token
            )
        except ClientError as error:
            if found := re.search(_EXISTS, error.response["Error"]["Message"]):
                return found[1]
            if error.response["Error"]["Code"] == "InvalidParameter":
                raise BadToken from None
            raise
        endpoint: str = answer["EndpointArn"]
        return endpoint

    def _attributes(self, endpoint: str) -> dict[str, str] | None:
        try:
            found: dict[str, str] = self._call("get_endpoint_attributes", EndpointArn=endpoint)["Attributes"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NotFound":
                raise
            return None
        return found

    def _changed(self, endpoint: str, attributes: dict[str, str]) -> str | None:
        """Change an endpoint; where another one has the token, change nothing and return that one."""
        try:
            self._call("set_endpoint_attributes", EndpointArn=endpoint, Attributes=attributes)
        except ClientError as error:
            if found := re.search(_EXISTS, error.response["Error"]["Message"]):
                return found[1]
            if error.response["Error"]["Code"] == "InvalidParameter":
                raise BadToken from None
            raise
        return None

    def _call(self, operation: str, **parameters: Any) -> Any:
        sns = self._sns or aws.client("sns")
        try:
            return getattr(sns, operation)(**parameters)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status >= _SERVERS_FAULT or error.response["Error"]["Code"] in {"Throttling", "Throttled"}:
                raise Unreachable(error.response["Error"]["Code"]) from error
            raise
        except (ConnectionError, HTTPClientError) as error:
            raise Unreachable(type(error).__name__) from error
