"""The versions of a secret, as the function that rotates it sees them.

A rotation makes a version under the label AWSPENDING, and when that has proved itself moves AWSCURRENT to it.
Secrets Manager then moves AWSPREVIOUS to the version that had it.

After https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from botocore.exceptions import ClientError

from shared.secrets import ask

Label: TypeAlias = Literal["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]


class Task(msgspec.Struct, frozen=True, rename="pascal"):
    """What Secrets Manager asks the function for: a step of the rotation to one version of a secret."""

    step: Literal["createSecret", "setSecret", "testSecret", "finishSecret"]
    secret_id: str
    client_request_token: str


class Versions:
    """The versions of one secret.

    Parameters
    ----------
    arn
        The secret's ARN.
    """

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def labels(self, version: str) -> frozenset[str]:
        """Return the labels of a version; none where there is no such version."""
        return frozenset(self._versions().get(version, ()))

    def value(self, label: Label, version: str | None = None) -> str | None:
        """Return the value of the version with the label, and this id if one is given; None without one."""
        which = {"VersionId": version} if version else {}
        try:
            return str(
                ask("get_secret_value", SecretId=self._arn, VersionStage=label, **which)["SecretString"]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return None

    def add_pending(self, version: str, value: str) -> None:
        """Write the value of a version that has none; another call that was faster has written it."""
        try:
            ask(
                "put_secret_value",
                SecretId=self._arn,
                ClientRequestToken=version,
                SecretString=value,
                VersionStages=["AWSPENDING"],
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceExistsException":
                raise

    def make_current(self, version: str) -> None:
        """Move the label AWSCURRENT to a version, from the one that has it."""
        labelled = self._versions()
        current = next(each for each, labels in labelled.items() if "AWSCURRENT" in labels)
        if current != version:
            ask(
                "update_secret_version_stage",
                SecretId=self._arn,
                VersionStage="AWSCURRENT",
                MoveToVersionId=version,
                RemoveFromVersionId=current,
            )

    def _versions(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = ask("describe_secret", SecretId=self._arn)["VersionIdsToStages"]
        return found
