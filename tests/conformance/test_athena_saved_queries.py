"""A stack's AWS::Athena::NamedQuery is a query that Athena knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable


def saving(query: str, description: str = "") -> dict[str, Any]:
    """Return a template with one saved query."""
    properties = {"Name": "one", "Database": "default", "QueryString": query, "Description": description}
    return {"Resources": {"Saved": {"Type": "AWS::Athena::NamedQuery", "Properties": properties}}}


def test_a_query_is_saved_changed_and_forgotten_with_its_stack(client: Callable[[str], Any]) -> None:
    stack, athena = Stack(client), client("athena")

    assert stack.create(saving("SELECT 1")) == "CREATE_COMPLETE"
    first = stack.resources()["Saved"]
    assert athena.get_named_query(NamedQueryId=first)["NamedQuery"]["QueryString"] == "SELECT 1"

    assert stack.update(saving("SELECT 1", "told")) == "UPDATE_COMPLETE"
    assert stack.resources()["Saved"] == first
    assert athena.get_named_query(NamedQueryId=first)["NamedQuery"]["Description"] == "told"

    assert stack.update(saving("SELECT 2")) == "UPDATE_COMPLETE"
    second = stack.resources()["Saved"]
    assert athena.get_named_query(NamedQueryId=second)["NamedQuery"]["QueryString"] == "SELECT 2"
    assert first not in athena.list_named_queries()["NamedQueryIds"]
