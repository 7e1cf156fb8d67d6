"""Sign-in and sign-out lead back to an address of a distribution.

The stock engine serves a distribution at `http://{label}.cloudfront.localhost:{port}`, and refuses that
address to a client whose callback is the distribution's name, `https://{label}.cloudfront.net`.

On AWS both are the same. https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
"""

from __future__ import annotations

import functools
import re
from typing import Any

from ministack import app
from ministack.services import cognito

DISTRIBUTION = r"https://([a-z0-9]+)\.cloudfront\.net"


def served(addresses: list[str]) -> list[str]:
    """Return the addresses, and those at which this engine serves the ones of distributions."""
    form = rf"http://\1.cloudfront.localhost:{app._resolve_port()}"
    return [
        *addresses,
        *(re.sub(DISTRIBUTION, form, one) for one in addresses if re.match(DISTRIBUTION, one)),
    ]


def fill() -> None:
    """Let a client's addresses include those at which its distribution is served."""
    find = cognito._find_pool_by_client_id

    @functools.wraps(find)
    def with_served_addresses(client_id: str) -> Any:
        pool_id, pool, client = find(client_id)
        if client is None:
            return pool_id, pool, client
        kinds = ("CallbackURLs", "LogoutURLs")
        return pool_id, pool, {**client, **{kind: served(client.get(kind, [])) for kind in kinds}}

    cognito._find_pool_by_client_id = with_served_addresses
