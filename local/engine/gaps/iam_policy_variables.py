"""Variables in policies stand for values of the request, as `${aws:username}` for the caller's name.

The stock engine compares them as they are written, so that a statement with one allows nothing, and it does
not know the keys that Cognito's identity pools bring, such as `${cognito-identity.amazonaws.com:sub}`.

After https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: variables are for
resources and for the values of conditions; `${key, 'default'}` gives a default. One without a value is left
as it is and matches nothing, and so does one whose value holds a wildcard: it would match more than itself.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from ministack.core import iam_evaluator as evaluator
from ministack.services import sts

VARIABLE = re.compile(r"\$\{([^},]+?)\s*(?:,\s*'([^']*)')?\}")
COGNITO = "cognito-identity.amazonaws.com"


def substituted(node: Any, context: Any) -> Any:
    """Return a resource, a condition or lists of them with the request's values in place of variables.

    Parameters
    ----------
    node
        Texts in lists and dictionaries, of which the keys are left alone.
    context
        What the engine knows about the request.
    """
    if isinstance(node, dict):
        return {key: substituted(value, context) for key, value in node.items()}
    if isinstance(node, list):
        return [substituted(value, context) for value in node]
    if not isinstance(node, str):
        return node

    def value(variable: re.Match[str]) -> str:
        known = evaluator._resolve_condition_key(variable[1], context)
        text = variable[2] if known is None or isinstance(known, list) else str(known)
        return variable[0] if text is None or {"*", "?"} & set(text) else text

    return VARIABLE.sub(value, node)


def fill() -> None:
    """Substitute variables before statements are compared, and know the keys of identity pools."""
    first_match, principal_keys = evaluator._first_match, evaluator._principal_keys

    def first_match_substituted(context: Any, statements: list[Any], effect: str) -> Any:
        replaced = [
            dataclasses.replace(
                statement,
                resources=substituted(statement.resources, context),
                not_resources=substituted(statement.not_resources, context),
                conditions=substituted(statement.conditions, context),
            )
            for statement in statements
            if statement.effect == effect
        ]
        return first_match(context, replaced, effect)

    def principal_keys_of_identities(credential: Any) -> dict[str, Any]:
        keys: dict[str, Any] = principal_keys(credential)
        session = sts._sessions.get(credential.access_key_id) or {}
        if "_identity_id" in session:
            keys[f"{COGNITO}:sub"] = session["_identity_id"]
            keys[f"{COGNITO}:aud"] = session["_identity_pool_id"]
            keys[f"{COGNITO}:amr"] = session["_cognito_amr"]
        return keys

    evaluator._first_match = first_match_substituted
    evaluator._principal_keys = principal_keys_of_identities
