"""AWS::ApiGateway::RequestValidator makes a validator, and AWS::ApiGateway::Method uses it.

The stock engine gives the validator an id that names nothing, and drops RequestValidatorId from the method:
every request passes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-requestvalidator.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-method.html
"""

from __future__ import annotations

import functools
import json
from http import HTTPStatus
from typing import Any

from ministack.services import apigateway_v1 as rest
from ministack.services.cloudformation import provisioners

Json = dict[str, Any]
Provisioned = tuple[str, Json]

FLAGS = {
    "ValidateRequestBody": "validateRequestBody",
    "ValidateRequestParameters": "validateRequestParameters",
}


def _flag(properties: Json, name: str) -> bool:
    return str(properties.get(name, False)).lower() == "true"


def create_validator(logical_id: str, properties: Json, _stack_name: str) -> Provisioned:
    """Create the validator of a resource.

    Raises
    ------
    ValueError
        When the API is not there; CloudFormation makes it the reason of the resource's failure.
    """
    fields = {field: _flag(properties, name) for name, field in FLAGS.items()}
    fields |= {"name": properties.get("Name", logical_id)}
    status, _headers, body = rest._create_request_validator(properties.get("RestApiId", ""), fields)
    answer = json.loads(body)
    if status >= HTTPStatus.BAD_REQUEST:
        raise ValueError(f"AWS::ApiGateway::RequestValidator create failed: {answer['message']}")
    return answer["id"], {"RequestValidatorId": answer["id"]}


def update_validator(validator_id: str, before: Json, after: Json, stack_name: str) -> Provisioned:
    """Change the flags in place; another API or name makes another validator."""
    if any(before.get(name) != after.get(name) for name in ("RestApiId", "Name")):
        return create_validator(validator_id, after, stack_name)
    changes = [
        {"op": "replace", "path": f"/{field}", "value": str(_flag(after, name)).lower()}
        for name, field in FLAGS.items()
    ]
    rest._update_request_validator(after["RestApiId"], validator_id, {"patchOperations": changes})
    return validator_id, {"RequestValidatorId": validator_id}


def delete_validator(validator_id: str, properties: Json) -> None:
    """Delete the validator, if the API has not taken it along."""
    rest._delete_request_validator(properties.get("RestApiId", ""), validator_id)


def fill() -> None:
    """Provision validators for real and keep them on methods."""
    validator = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::RequestValidator"]
    validator.update(create=create_validator, update=update_validator, delete=delete_validator)
    method = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Method"]
    create, update = method["create"], method["update"]

    @functools.wraps(create)
    def create_with_validator(logical_id: str, properties: Json, stack_name: str) -> Any:
        created = create(logical_id, properties, stack_name)
        _keep_validator(properties)
        return created

    @functools.wraps(update)
    def update_with_validator(method_id: str, before: Json, after: Json, stack_name: str) -> Any:
        updated = update(method_id, before, after, stack_name)
        _keep_validator(after)
        return updated

    method.update(create=create_with_validator, update=update_with_validator)


def _keep_validator(properties: Json) -> None:
    resource = rest._resources[properties["RestApiId"]][properties["ResourceId"]]
    kept = resource["resourceMethods"][properties["HttpMethod"]]
    kept["requestValidatorId"] = properties.get("RequestValidatorId")
