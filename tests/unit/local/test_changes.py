"""A deploy tells what it changed, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from local.deploy import changes
from local.deploy.changes import Change
from local.deploy.stack import NESTED, Resource, Stack


def orders(parameters: dict[str, str], **definitions: Any) -> list[Stack]:
    """Return a root stack with one nested stack, which has the resources given."""
    inner = Stack(
        {"Resources": definitions, "Conditions": {"Big": {"Fn::Equals": [{"Ref": "Size"}, "big"]}}},
        parameters,
        tuple(Resource(("Orders", name), "AWS::Some::Type", name) for name in definitions),
    )
    root = Stack({"Resources": {"Orders": {}}}, {}, (Resource(("Orders",), NESTED, "arn"),))
    return [root, inner]


FUNCTION = {"Properties": {"Code": "a", "Layers": [{"Ref": "Layer"}]}}
TABLE = {"Properties": {"Name": {"Fn::Sub": "${Stage}-orders"}}}
QUEUE = {"Properties": {"Delay": {"Fn::If": ["Big", 1, 2]}}}


def test_the_first_deploy_creates_everything_but_names_no_nested_stack() -> None:
    after = changes.snapshot(orders({}, Get=FUNCTION, Table=TABLE))

    assert changes.between({}, after) == [
        Change(("Orders", "Get"), "created"),
        Change(("Orders", "Table"), "created"),
    ]


def test_the_same_again_changes_nothing() -> None:
    before = changes.snapshot(orders({"Stage": "local"}, Get=FUNCTION, Table=TABLE))

    assert changes.between(before, dict(before)) == []
    assert changes.summary([]) == "nothing changed"


def test_a_changed_definition_and_a_removed_one_are_told_apart() -> None:
    before = changes.snapshot(orders({}, Get=FUNCTION, Table=TABLE))
    after = changes.snapshot(orders({}, Get={"Properties": {"Code": "b"}}))

    assert changes.summary(changes.between(before, after)) == "1 updated: Orders/Get; 1 deleted: Orders/Table"


def test_a_parameter_changes_only_what_uses_it() -> None:
    before = changes.snapshot(orders({"Layer": "v1", "Stage": "local"}, Get=FUNCTION, Table=TABLE))
    after = changes.snapshot(orders({"Layer": "v2", "Stage": "local"}, Get=FUNCTION, Table=TABLE))

    assert changes.between(before, after) == [Change(("Orders", "Get"), "updated")]


def test_the_release_alone_is_no_change() -> None:
    def deployed(release: str) -> list[Stack]:
        version = {"Properties": {"FunctionName": {"Ref": "Get"}}}
        stacks = orders(
            {"Release": release},
            Get={"Properties": {"Code": "a", "Description": f"GET /orders {release}"}},
            **{f"GetVersion{release}": version, "GetAliaslive": version},
        )
        kinds = {"GetAliaslive": "AWS::Lambda::Alias", f"GetVersion{release}": "AWS::Lambda::Version"}
        found = [
            replace(row, type=kinds.get(row.path[-1], "AWS::Lambda::Function")) for row in stacks[1].resources
        ]
        return [stacks[0], replace(stacks[1], resources=tuple(found))]

    before, after = changes.snapshot(deployed("0123456789ab")), changes.snapshot(deployed("ba9876543210"))

    assert set(before) == {("Orders", "Get")}
    assert changes.between(before, after) == []


def test_a_condition_that_turns_changes_what_depends_on_it() -> None:
    before = changes.snapshot(orders({"Size": "small"}, Queue=QUEUE, Table=TABLE))
    after = changes.snapshot(orders({"Size": "big"}, Queue=QUEUE, Table=TABLE))

    assert changes.between(before, after) == [Change(("Orders", "Queue"), "updated")]


def test_many_changes_are_counted_and_not_named() -> None:
    many = [Change(("Orders", f"Function{number}"), "created") for number in range(6)]

    assert changes.summary(many) == "6 created"
