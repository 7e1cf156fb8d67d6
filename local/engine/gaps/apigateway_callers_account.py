"""An API is reached by its URL alone: what a caller writes into Authorization does not choose the account.

The stock engine looks for the API in the account that the header's credential names, so that a caller with a
made-up account is told 404 `Not Found`, past the API's authorizers and gateway responses.

On AWS the id in the URL is the API, and the method's authorizer judges the header.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
"""

from __future__ import annotations

import functools

from ministack.services import apigateway_v1 as rest


def fill() -> None:
    """Find an API in any account; ids are unique."""
    find = rest.find_api_scope

    @functools.wraps(find)
    def in_any_account(api_id: str) -> tuple[str, str] | None:
        scope: tuple[str, str] | None = find(api_id)
        if scope is not None:
            return scope
        owners = (
            (account, region)
            for (account, region, known), _api in rest._rest_apis.all_items()
            if known == api_id
        )
        return next(owners, None)

    rest.find_api_scope = in_any_account
