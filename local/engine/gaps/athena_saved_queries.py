"""A stack's AWS::Athena::NamedQuery is a query that Athena knows.

The stock engine refuses the stack, for it does not know the type.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-athena-namedquery.html

Every property but the description makes another query of it; `Ref` is the query's id.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import athena
from ministack.services.cloudformation import provisioners

Json = dict[str, Any]
Resource = tuple[str, dict[str, str]]

TYPE = "AWS::Athena::NamedQuery"


def create(_: str, properties: Json, __: str) -> Resource:
    """Save a query."""
    query_id = json.loads(athena._create_named_query(properties)[2])["NamedQueryId"]
    return query_id, {"NamedQueryId": query_id}


def update(physical_id: str, old: Json, new: Json, stack_name: str) -> Resource:
    """Save it anew, where it is another query."""
    if {**old, "Description": ""} == {**new, "Description": ""} and physical_id in athena._named_queries:
        athena._named_queries[physical_id]["Description"] = new.get("Description", "")
        return physical_id, {"NamedQueryId": physical_id}
    delete(physical_id, old)
    return create("", new, stack_name)


def delete(physical_id: str, _: Json) -> None:
    """Forget a query."""
    athena._delete_named_query({"NamedQueryId": physical_id})


def fill() -> None:
    """Let CloudFormation save queries."""
    provisioners._RESOURCE_HANDLERS[TYPE] = {"create": create, "update": update, "delete": delete}
