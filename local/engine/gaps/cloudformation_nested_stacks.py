"""A nested stack is a stack: transforms are applied, updates change what changed, failures roll back.

The stock engine deploys nested stacks by a shorter way of their own: a template with the SAM transform fails,
an update forgets the attributes of what did not change, a failed create leaves what was made, a failed update
stays half done, exports are not registered, and a deletion that fails counts as done.

After https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html

Here the engine's operations on root stacks deploy and delete the nested ones too. Beyond what AWS says of a
nested stack that failed, the parent's event holds the reason of the resource that did.
"""

from __future__ import annotations

import asyncio
import copy
import uuid
from typing import Any

from ministack.core.responses import get_account_id, get_region, now_iso
from ministack.services.cloudformation import (
    _stack_events,
    _stacks,
    engine,
    handlers,
    helpers,
    provisioners,
    stacks,
)

Json = dict[str, Any]

KIND = "AWS::CloudFormation::Stack"
RESTORED_BY_ROLLBACK = (
    "_resources",
    "_template",
    "_template_body",
    "_resolved_params",
    "_conditions",
    "Parameters",
    "Tags",
    "Outputs",
)
DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def create(logical_id: str, properties: Json, parent_name: str) -> tuple[str, Json]:
    """Create the nested stack and wait for it.

    Returns
    -------
    tuple
        Its id and its attributes, one `Outputs.<name>` for each output.

    Raises
    ------
    ValueError
        When it could not be created; it is rolled back and deleted.
    """
    name = f"{parent_name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}"
    stack_id = f"arn:aws:cloudformation:{get_region()}:{get_account_id()}:stack/{name}/{uuid.uuid4()}"
    parent = _stacks[parent_name]
    changes = prepared(properties, parent)
    _stacks[name] = {
        "StackName": name,
        "StackId": stack_id,
        "CreationTime": now_iso(),
        "Outputs": [],
        "DisableRollback": False,
        "RootId": parent.get("RootId", parent["StackId"]),
        "ParentId": parent["StackId"],
        "_parent_stack_name": parent_name,
        "_region": get_region(),
        "_resources": {},
    }
    try:
        return stack_id, deploy(_stacks[name], changes)
    except ValueError:
        asyncio.run(stacks._delete_stack_async(name, stack_id))
        raise


def update(stack_id: str, _: Json, properties: Json, parent_name: str) -> tuple[str, Json]:
    """Update the nested stack and wait for it; the result is that of `create`.

    Raises
    ------
    ValueError
        When it could not be updated; it is as it was before.
    """
    stack = _stacks[provisioners._nested_stack_lookup_name(stack_id)]
    previous = copy.deepcopy({key: stack[key] for key in RESTORED_BY_ROLLBACK})
    changes = prepared(properties, _stacks[parent_name])
    if not differs(stack, changes):
        return stack_id, attributes(stack)
    try:
        return stack_id, deploy(stack, changes, previous)
    except ValueError:
        # The engine's rollback restores all of them but the conditions.
        stack["_conditions"] = previous["_conditions"]
        raise


def delete(stack_id: str, _: Json) -> None:
    """Delete the nested stack with all that is in it.

    Raises
    ------
    ValueError
        When a resource could not be deleted.
    """
    stack = _stacks.get(provisioners._nested_stack_lookup_name(stack_id))
    if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
        return
    asyncio.run(stacks._delete_stack_async(stack["StackName"], stack["StackId"]))
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise ValueError(
            f"Embedded stack {stack_id} was not successfully deleted: {stack['StackStatusReason']}"
        )


def prepared(properties: Json, parent: Json) -> Json:
    """Return what a deployment writes into the nested stack's record.

    Parameters
    ----------
    properties
        The resource's properties.
    parent
        The stack that it is a resource of, with the capabilities for both.

    Raises
    ------
    ValueError
        When the template cannot be had, used or allowed, or when the parameters do not suit it.
    """
    body, refused = helpers._resolve_template({"TemplateURL": [properties["TemplateURL"]]})
    if refused or not body:
        raise ValueError(f"There is no template at {properties['TemplateURL']}")
    given = properties.get("Parameters") or {}
    if any(isinstance(value, list | dict) for value in given.values()):
        raise ValueError(
            "Value of property Parameters must be an object with String (or simple type) properties"
        )
    parameters = [{"Key": key, "Value": text(value)} for key, value in given.items()]
    sent = engine._parse_template(body)
    template = engine._apply_transforms(sent, parameters)
    for form in (sent, template):
        provisioners._check_nested_stack_capabilities(parent["StackName"], form)
    values = engine._resolve_parameters(template, parameters)
    conditions = engine._evaluate_conditions(template, values)
    engine.validate_template_support(template, conditions, params=values)
    return {
        "LastUpdatedTime": now_iso(),
        "Description": template.get("Description", ""),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value["Value"], "NoEcho": value["NoEcho"]}
            for key, value in values.items()
        ],
        "Tags": [
            {"Key": key, "Value": value}
            for key, value in provisioners._tag_map(properties.get("Tags")).items()
            if not key.startswith("aws:")
        ],
        "Capabilities": parent.get("Capabilities", []),
        "_template": template,
        "_template_body": body,
        "_resolved_params": values,
        "_conditions": conditions,
    }


def differs(stack: Json, changes: Json) -> bool:
    """Tell whether an update with these changes would do anything."""
    template, values, tags = changes["_template"], changes["_resolved_params"], changes["Tags"]
    return not handlers._stack_has_no_updates(stack, template, values, tags, tags_given=True)


def text(value: Any) -> str:
    """Return a parameter's value as CloudFormation passes it on."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def deploy(stack: Json, changes: Json, previous: Json | None = None) -> Json:
    """Write the changes into the record, deploy it and return its outputs as attributes.

    Parameters
    ----------
    stack
        The nested stack's record.
    changes
        What `prepared` returned.
    previous
        For an update, what is restored if it fails.

    Raises
    ------
    ValueError
        When the deployment failed; it is rolled back.
    """
    stack.update(changes)
    name, stack_id, verb = stack["StackName"], stack["StackId"], "UPDATE" if previous else "CREATE"
    stack.update(StackStatus=f"{verb}_IN_PROGRESS", StackStatusReason="")
    stacks._add_event(stack_id, name, name, KIND, stack["StackStatus"], physical_id=stack_id)
    earlier = len(_stack_events[stack_id])
    operation = stacks._deploy_stack_async(
        name,
        stack_id,
        stack["_template"],
        stack["_resolved_params"],
        disable_rollback=False,
        tags=stack["Tags"],
        is_update=previous is not None,
        previous_stack=previous,
    )
    # This runs on a thread of its own, beside the engine's event loop.
    asyncio.run(operation)
    if stack["StackStatus"] not in DONE:
        raise ValueError(
            f"Embedded stack {stack_id} was not successfully {verb.lower()}d: "
            f"{failure(_stack_events[stack_id][earlier:])}"
        )
    return attributes(stack)


def attributes(stack: Json) -> Json:
    """Return the outputs as `Fn::GetAtt` knows them."""
    return {f"Outputs.{output['OutputKey']}": output["OutputValue"] for output in stack["Outputs"]}


def failure(events: list[Json]) -> str:
    """Return which resource was the first to fail, and why."""
    for event in events:
        if event["ResourceStatus"].endswith("_FAILED"):
            return f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
    return "no resource failed"


def fill() -> None:
    """Take over nested stacks."""
    provisioners._RESOURCE_HANDLERS[KIND].update(create=create, update=update, delete=delete)
