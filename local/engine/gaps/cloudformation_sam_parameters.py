"""The SAM translator gets the values of a template's parameters, as it does in AWS's own macro.

The stock engine gives it none, so that it works with the parameters' defaults: what the translator writes out
for a `Ref` (a stage's name, the hash of a deployment) is the default's even when the stack has another value.

After https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-serverless.html
"""

from __future__ import annotations

import contextvars
import functools
from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import changesets, engine, handlers
from samtranslator.translator import transform as translator  # type: ignore[import-not-found] # the engine's

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

VALUES: contextvars.ContextVar[Json] = contextvars.ContextVar("values")
"""Those of the template that is being transformed."""


def apply_with_values(
    apply: Callable[..., Json],
    template: Json,
    provided: list[Json] | None = None,
    previous: Json | None = None,
) -> Json:
    """Transform the template, and let the translator know the values.

    Parameters
    ----------
    apply
        The engine's own transformation.
    template
        The template as it was sent.
    provided, previous
        The parameters sent with it, and those that the stack has, in the engine's forms.
    """
    token = VALUES.set(engine._transform_parameters(template, provided, previous))
    try:
        return apply(template, provided, previous)
    finally:
        VALUES.reset(token)


def fill() -> None:
    """Pass the values on, wherever a template is transformed."""
    translate = translator.transform

    def translate_with_values(template: Json, values: Json, policies: Any) -> Any:
        return translate(template, {**VALUES.get(), **values}, policies)

    translator.transform = translate_with_values
    for module in (engine, handlers, changesets):
        module._apply_transforms = functools.partial(apply_with_values, module._apply_transforms)
