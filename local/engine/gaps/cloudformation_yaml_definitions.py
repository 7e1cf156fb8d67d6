"""A state machine's definition may be YAML, in a template and in the bucket that it refers to.

The stock engine keeps the text as it is, and every execution of such a machine fails.

After https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
and .../aws-properties-stepfunctions-statemachine-s3location.html
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from ministack.services.cloudformation import provisioners


def as_json(definition: str) -> str:
    """Return a definition in JSON, whichever of the two it is in.

    Raises
    ------
    ValueError
        When it is neither: the resource fails with this reason.
    """
    try:
        json.loads(definition)
    except ValueError:
        try:
            return json.dumps(yaml.safe_load(definition))
        except yaml.YAMLError as error:
            raise ValueError(f"The definition is neither JSON nor YAML: {error}") from None
    return definition


def fill() -> None:
    """Turn YAML into the JSON that the engine reads."""
    definition_of = provisioners._sfn_definition

    def definition_in_json(properties: dict[str, Any]) -> str:
        return as_json(definition_of(properties))

    provisioners._sfn_definition = definition_in_json
