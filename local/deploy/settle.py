"""Set again, through the services' own APIs, properties that the engine's CloudFormation drops in silence.

Each setting is a row of SETTINGS: how to read what the service has, and how to make it what the template
says. A property that the template no longer has is put back to what AWS gives without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.cloud import Cloud, LocalError
from local.deploy.intrinsics import ABSENT, Scope, UnknownExpressionError
from local.deploy.stack import Resource, Stack
from local.engine.process import REGION

ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Target:
    """A deployed resource as the functions below see it: its physical id and what its properties come to."""

    cloud: Cloud
    physical_id: str
    properties: dict[str, Any]
    scope: Scope

    def value(self, name: str) -> Any:
        """Return what a property comes to; None where the template gives it no value."""
        value = self.scope.resolve(self.properties.get(name, ABSENT))
        return None if value is ABSENT else value


@dataclass(frozen=True)
class Setting:
    """A property that is set after the deploy.

    Attributes
    ----------
    type, property
        Where it stands in a template, as CloudFormation names them.
    read
        Return what the service has, in the template's form; None for AWS's default.
    write
        Make it what is given, in the template's form; None for AWS's default.
    """

    type: str
    property: str
    read: Callable[[Target], Any]
    write: Callable[[Target, Any], None]


def _read_dead_letters(target: Target) -> Any:
    client = target.cloud.client("lambda")
    found = client.get_function_configuration(FunctionName=target.physical_id).get("DeadLetterConfig", {})
    return found if found.get("TargetArn") else None


def _write_dead_letters(target: Target, value: Any) -> None:
    target.cloud.client("lambda").update_function_configuration(
        FunctionName=target.physical_id, DeadLetterConfig=value or {"TargetArn": ""}
    )


def _read_reserved(target: Target) -> Any:
    answer = target.cloud.client("lambda").get_function_concurrency(FunctionName=target.physical_id)
    return answer.get("ReservedConcurrentExecutions")


def _write_reserved(target: Target, value: Any) -> None:
    client = target.cloud.client("lambda")
    if value is None:
        client.delete_function_concurrency(FunctionName=target.physical_id)
    else:
        client.put_function_concurrency(
            FunctionName=target.physical_id, ReservedConcurrentExecutions=int(value)
        )


def _read_expiry(target: Target) -> Any:
    client = target.cloud.client("dynamodb")
    found = client.describe_time_to_live(TableName=target.physical_id)["TimeToLiveDescription"]
    on = found["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}
    return {"AttributeName": found["AttributeName"], "Enabled": True} if on else None


def _write_expiry(target: Target, value: Any) -> None:
    current = _read_expiry(target)
    for specification in (current and {**current, "Enabled": False}, value and {**value, "Enabled": True}):
        if specification:
            target.cloud.client("dynamodb").update_time_to_live(
                TableName=target.physical_id, TimeToLiveSpecification=specification
            )


def _read_recovery(target: Target) -> Any:
    client = target.cloud.client("dynamodb")
    found = client.describe_continuous_backups(TableName=target.physical_id)["ContinuousBackupsDescription"]
    on = found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"
    return {"PointInTimeRecoveryEnabled": True} if on else None


def _write_recovery(target: Target, value: Any) -> None:
    target.cloud.client("dynamodb").update_continuous_backups(
        TableName=target.physical_id,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": value is not None},
    )


def _read_boundary(target: Target) -> Any:
    role = target.cloud.client("iam").get_role(RoleName=target.physical_id)["Role"]
    return role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")


def _write_boundary(target: Target, value: Any) -> None:
    client = target.cloud.client("iam")
    if value is None:
        client.delete_role_permissions_boundary(RoleName=target.physical_id)
    else:
        client.put_role_permissions_boundary(RoleName=target.physical_id, PermissionsBoundary=value)


def _read_cache(target: Target) -> Any:
    stage = target.cloud.client("apigateway").get_stage(
        restApiId=target.value("RestApiId"), stageName=target.physical_id
    )
    return stage.get("cacheClusterEnabled") or None


def _write_cache(target: Target, value: Any) -> None:
    values = {"/cacheClusterEnabled": "true" if value else "false"}
    if value:
        values["/cacheClusterSize"] = str(target.value("CacheClusterSize") or "0.5")
    target.cloud.client("apigateway").update_stage(
        restApiId=target.value("RestApiId"),
        stageName=target.physical_id,
        patchOperations=[{"op": "replace", "path": path, "value": text} for path, text in values.items()],
    )


SETTINGS = (
    Setting("AWS::Lambda::Function", "DeadLetterConfig", _read_dead_letters, _write_dead_letters),
    Setting("AWS::Lambda::Function", "ReservedConcurrentExecutions", _read_reserved, _write_reserved),
    Setting("AWS::DynamoDB::Table", "TimeToLiveSpecification", _read_expiry, _write_expiry),
    Setting("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification", _read_recovery, _write_recovery),
    Setting("AWS::IAM::Role", "PermissionsBoundary", _read_boundary, _write_boundary),
    Setting("AWS::ApiGateway::Stage", "CacheClusterEnabled", _read_cache, _write_cache),
)


def settle(cloud: Cloud, stacks: Iterable[Stack]) -> list[str]:
    """Give every resource the settings that its template names; return those that had to be set.

    Raises
    ------
    LocalError
        When a value cannot be told or the service refuses it.
    """
    changed = []
    for resource, setting, target in targets(cloud, stacks):
        try:
            wanted = _on(target.value(setting.property))
            if _text(setting.read(target)) != _text(wanted):
                setting.write(target, wanted)
                changed.append(f"{resource.name} {setting.property}")
        except UnknownExpressionError as error:
            raise LocalError(
                f"{resource.name}: local/deploy/intrinsics.py cannot tell {error} in {setting.property}."
            ) from None
        except ClientError as error:
            raise LocalError(
                f"{resource.name}: {setting.property}: {error.response['Error']['Message']}"
            ) from None
    return changed


def targets(cloud: Cloud, stacks: Iterable[Stack]) -> Iterator[tuple[Resource, Setting, Target]]:
    """Yield each resource of the stacks with each setting that it may have."""
    for stack in stacks:
        scope = Scope(
            template=stack.template,
            parameters=stack.parameters,
            resources={row.path[-1]: (row.type, row.physical_id) for row in stack.resources},
            region=REGION,
            account=ACCOUNT,
        )
        for resource in stack.resources:
            properties = stack.template["Resources"][resource.path[-1]].get("Properties", {})
            for setting in SETTINGS:
                if setting.type == resource.type:
                    yield resource, setting, Target(cloud, resource.physical_id, properties, scope)


def _on(value: Any) -> Any:
    """Return a setting, or None where it is switched off: to a service that is the same as its absence."""
    switch = value
    if isinstance(value, dict):
        switch = value.get("Enabled", value.get("PointInTimeRecoveryEnabled", True))
    return None if str(switch).lower() == "false" else value


def _text(value: Any) -> Any:
    """Return a setting with texts for its numbers and booleans: templates write them either way."""
    if isinstance(value, dict):
        return {key: _text(item) for key, item in value.items()}
    return value if value is None else str(value).lower() if isinstance(value, bool) else str(value)
