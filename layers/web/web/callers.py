"""Who looks at the catalogue: signing in is optional, and tells the tier whose plan counts the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.tokens import Tokens

Tier: TypeAlias = Literal["visitor", "free", "premium"]


class Identity(msgspec.Struct, frozen=True):
    """Who calls. `refused` tells that there is a token, and no good one."""

    id: str
    tier: Tier
    groups: tuple[str, ...] = ()
    refused: bool = False


def identify(authorization: Iterable[str], tokens: Tokens) -> Identity:
    """Return who makes a request.

    Parameters
    ----------
    authorization
        The values of its header Authorization.
    tokens
        What reads access tokens.
    """
    values = [value.strip() for value in authorization]
    if not values:
        return Identity("visitor", "visitor")
    scheme, _, token = values[0].partition(" ")
    claims = tokens.claims(token.strip()) if len(values) == 1 and scheme.lower() == "bearer" else None
    if claims is None:
        return Identity("visitor", "visitor", refused=True)
    tier: Tier = "premium" if claims.tier == "premium" else "free"
    return Identity(claims.sub, tier, tuple(claims.groups))
