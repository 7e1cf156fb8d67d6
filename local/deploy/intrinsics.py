"""Say what an expression of a deployed template comes to, from the stack's parameters and resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = object()
"""What `AWS::NoValue` comes to."""

ARNS: dict[str, Callable[[str, str], str]] = {
    "AWS::SQS::Queue": lambda at, name: f"arn:aws:sqs:{at}:{name.rpartition('/')[2]}",
    "AWS::SNS::Topic": lambda _, arn: arn,
    "AWS::Lambda::Function": lambda at, name: f"arn:aws:lambda:{at}:function:{name}",
    "AWS::DynamoDB::Table": lambda at, name: f"arn:aws:dynamodb:{at}:table/{name}",
    "AWS::IAM::ManagedPolicy": lambda _, arn: arn,
}
"""The attribute `Arn` by type, from where the stack is (region:account) and the physical id."""


class UnknownExpressionError(Exception):
    """The expression uses something that this module does not know."""


@dataclass(frozen=True)
class Scope:
    """What expressions of one stack may refer to.

    Attributes
    ----------
    template
        The processed template.
    parameters
        Values by name.
    resources
        (type, physical id) by logical id.
    region, account
        Where the stack is.
    """

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    resources: Mapping[str, tuple[str, str]]
    region: str
    account: str

    def resolve(self, value: Any) -> Any:
        """Return what a property's value comes to; ABSENT where it comes to no value.

        Raises
        ------
        UnknownExpressionError
            When it refers to something unknown here.
        """
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in FUNCTIONS:
                return FUNCTIONS[name](self, argument)
            if name.startswith("Fn::"):
                raise UnknownExpressionError(name)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not ABSENT}

    def reference(self, name: str) -> Any:
        """Return what `Ref` gives for a parameter, a resource or a pseudo parameter."""
        pseudo = {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": ABSENT,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        if name in self.resources:
            return self.resources[name][1]
        raise UnknownExpressionError(f"Ref {name}")

    def attribute(self, argument: str | list[str]) -> str:
        """Return what `Fn::GetAtt` gives, for the attribute `Arn` of the types in ARNS."""
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        kind, physical_id = self.resources.get(name, ("", ""))
        if attribute != "Arn" or kind not in ARNS:
            raise UnknownExpressionError(f"Fn::GetAtt {name}.{attribute}")
        return ARNS[kind](f"{self.region}:{self.account}", physical_id)

    def substitute(self, argument: str | list[Any]) -> str:
        """Return what `Fn::Sub` gives."""
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def put(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return str(self.resolve(own[name]))
            return str(self.attribute(name) if "." in name else self.reference(name))

        return re.sub(r"\$\{([^}]+)\}", put, text)

    def holds(self, condition: Any) -> bool:
        """Tell whether a condition, given by name or as an expression, is true."""
        if isinstance(condition, str):
            return self.holds(self.template["Conditions"][condition])
        ((name, argument),) = condition.items()
        match name:
            case "Condition":
                return self.holds(argument)
            case "Fn::Equals":
                left, right = (str(self.resolve(side)) for side in argument)
                return left == right
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(map(self.holds, argument))
            case "Fn::Or":
                return any(map(self.holds, argument))
        raise UnknownExpressionError(name)

    def choose(self, argument: list[Any]) -> Any:
        """Return what `Fn::If` gives."""
        condition, yes, no = argument
        return self.resolve(yes if self.holds(condition) else no)

    def join(self, argument: list[Any]) -> str:
        """Return what `Fn::Join` gives."""
        separator, parts = argument
        return str(separator).join(map(str, self.resolve(parts)))

    def look_up(self, argument: list[Any]) -> Any:
        """Return what `Fn::FindInMap` gives."""
        name, first, second = (self.resolve(part) for part in argument)
        return self.template["Mappings"][name][first][second]


FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    "Ref": Scope.reference,
    "Fn::GetAtt": Scope.attribute,
    "Fn::Sub": Scope.substitute,
    "Fn::If": Scope.choose,
    "Fn::Join": Scope.join,
    "Fn::FindInMap": Scope.look_up,
}
