"""Tokens that the token endpoint refreshes say of a user what the first ones did.

The stock engine forgets the user's groups, and for the access token's trigger the attributes too, when
tokens of the managed login are refreshed: `cognito:groups` is gone, and a trigger sees a user in no group.

After https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import cognito


def described(pool_id: str, username: str) -> dict[str, Any]:
    """Return a user's groups and attributes as the engine makes tokens of them; nothing without a user."""
    user = (cognito._user_pools.get(pool_id) or {}).get("_users", {}).get(username)
    if user is None:
        return {}
    attributes = cognito._attr_list_to_dict(user.get("Attributes", []))
    return {"groups": user.get("_groups", []), "user_attrs": attributes}


def fill() -> None:
    """Describe the user where the engine does not."""
    make_token = cognito._fake_token

    def make_token_of_user(sub: str, pool_id: str, client_id: str, *kind: str, **settings: Any) -> Any:
        username = settings.get("username", "")
        for name, value in described(pool_id, username).items():
            settings[name] = settings.get(name) or value
        return make_token(sub, pool_id, client_id, *kind, **settings)

    cognito._fake_token = make_token_of_user
