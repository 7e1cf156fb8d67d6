"""A secret's reference in a template is its ARN.

The stock engine gives the name: a policy, a rotation schedule or a function that is given `!Ref` of a secret
then names something else here than on AWS.

After https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import secretsmanager as service
from ministack.services.cloudformation import provisioners

Resource = tuple[str, dict[str, str]]

KIND = "AWS::SecretsManager::Secret"


def by_arn(made: Resource) -> Resource:
    """Return what the engine made, known by its ARN."""
    _, attributes = made
    return attributes["Arn"], attributes


def name_of(arn: str) -> str:
    """Return the name that the engine keeps a secret under; the ARN where there is none."""
    name, _ = service._resolve(arn)
    return str(name or arn)


def fill() -> None:
    """Give every secret of a template its ARN as the physical id."""
    create, update = provisioners._sm_secret_create, provisioners._sm_secret_update
    delete = provisioners._sm_secret_delete

    def update_by_arn(physical_id: str, *change: Any, **more: Any) -> Resource:
        return by_arn(update(name_of(physical_id), *change, **more))

    provisioners._RESOURCE_HANDLERS[KIND] = {
        **provisioners._RESOURCE_HANDLERS[KIND],
        "create": lambda *asked: by_arn(create(*asked)),
        "update": update_by_arn,
        "delete": lambda physical_id, properties: delete(name_of(physical_id), properties),
    }
