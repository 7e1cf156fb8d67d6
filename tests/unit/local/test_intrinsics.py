"""Expressions of a deployed template come to what CloudFormation makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from local.deploy.intrinsics import ABSENT, Scope, UnknownExpressionError

SCOPE = Scope(
    template={
        "Conditions": {
            "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "IsNotProd": {"Fn::Not": [{"Condition": "IsProd"}]},
            "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Fn::Equals": [{"Ref": "Stage"}, "local"]}]},
            "Both": {"Fn::And": [{"Condition": "IsNotProd"}, {"Condition": "Either"}]},
        },
        "Mappings": {"Sizes": {"local": {"Shards": 1}}},
    },
    parameters={"Stage": "local"},
    resources={
        "Queue": ("AWS::SQS::Queue", "http://localhost/000000000000/dead"),
        "Role": ("AWS::IAM::Role", "orders-role"),
    },
    region="eu-west-1",
    account="000000000000",
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("plain", "plain"),
        ({"Ref": "Stage"}, "local"),
        ({"Ref": "Role"}, "orders-role"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:aws:sqs:eu-west-1:000000000000:dead"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:aws:sqs:eu-west-1:000000000000:dead"),
        ({"Fn::Sub": "${Stage}-${AWS::AccountId}-${!Literal}"}, "local-000000000000-${Literal}"),
        ({"Fn::Sub": ["${Name} of ${Role}", {"Name": {"Ref": "Stage"}}]}, "local of orders-role"),
        ({"Fn::Sub": "to ${Queue.Arn}"}, "to arn:aws:sqs:eu-west-1:000000000000:dead"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-local"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Shards"]}, 1),
        ({"Fn::If": ["IsProd", 1, 2]}, 2),
        ({"Fn::If": ["Both", 1, 2]}, 1),
        ({"Enabled": True, "Gone": {"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]}}, {"Enabled": True}),
        ([{"Ref": "AWS::NoValue"}, {"Ref": "Stage"}], ["local"]),
        ({"Ref": "AWS::NoValue"}, ABSENT),
    ],
)  # fmt: skip
def test_an_expression_comes_to_its_value(expression: Any, value: Any) -> None:
    assert SCOPE.resolve(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        {"Ref": "Nothing"},
        {"Fn::GetAtt": ["Role", "RoleId"]},
        {"Fn::ImportValue": "x"},
        {"Fn::If": ["Odd", 1, 2]},
    ],
)
def test_what_it_does_not_know_is_an_error_that_names_it(expression: Any) -> None:
    scope = Scope(
        {**SCOPE.template, "Conditions": {"Odd": {"Fn::Odd": []}}}, {}, SCOPE.resources, "eu-west-1", "0"
    )

    with pytest.raises(UnknownExpressionError, match=r"Nothing|Role\.RoleId|ImportValue|Odd"):
        scope.resolve(expression)
