"""Secrets Manager in memory, with one secret, as AWS describes its versions and labels."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ProviderKey-AbCdEf"


class FakeSecretsManager:
    """The client, for the calls that functions make; `calls` has the name of each that arrived."""

    def __init__(self, value: str = "the first") -> None:
        self.values = {"version-0": value}
        self.labels = {"AWSCURRENT": "version-0"}
        self.calls: list[str] = []

    def begin(self) -> str:
        """Begin a rotation as Secrets Manager does, or go on with the one that is not complete."""
        pending = self.labels.get("AWSPENDING")
        if pending is None or pending == self.labels["AWSCURRENT"]:
            pending = f"version-{len(self.values)}"
            self.labels["AWSPENDING"] = pending
        return pending

    def current(self) -> str:
        """Return the current value."""
        return self.values[self.labels["AWSCURRENT"]]

    def describe_secret(self, **given: Any) -> dict[str, Any]:
        self._called("describe_secret", given)
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        return {"VersionIdsToStages": stages}

    def get_secret_value(self, **given: Any) -> dict[str, Any]:
        self._called("get_secret_value", given)
        version = self.labels.get(given.get("VersionStage", "AWSCURRENT"))
        if version not in self.values or given.get("VersionId", version) != version:
            raise failure("ResourceNotFoundException", "GetSecretValue")
        return {"SecretString": self.values[version]}

    def put_secret_value(self, **given: Any) -> dict[str, Any]:
        self._called("put_secret_value", given)
        version, value = given["ClientRequestToken"], given["SecretString"]
        if self.values.get(version, value) != value:
            raise failure("ResourceExistsException", "PutSecretValue")
        self.values[version] = value
        self.labels |= dict.fromkeys(given["VersionStages"], version)
        return {}

    def update_secret_version_stage(self, **given: Any) -> dict[str, Any]:
        self._called("update_secret_version_stage", given)
        label, current = given["VersionStage"], self.labels[given["VersionStage"]]
        if given["RemoveFromVersionId"] != current:
            raise failure("InvalidParameterException", "UpdateSecretVersionStage")
        self.labels |= {label: given["MoveToVersionId"], "AWSPREVIOUS": current}
        return {}

    def _called(self, operation: str, given: dict[str, Any]) -> None:
        assert given["SecretId"] == ARN
        self.calls.append(operation)


def failure(code: str, operation: str) -> ClientError:
    """Return the error of a call that is refused."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
