"""Clients of AWS services other than DynamoDB, one an environment."""

from __future__ import annotations

import functools
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

ServiceError = ClientError
"""What a client raises when the service refuses: `response["Error"]["Code"]` tells why."""

# In the worst case 3 attempts of 1 s + 5 s and the pauses between them take 21 s.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)


@functools.cache
def client(service: str) -> Any:
    """Return the environment's client of a service, made at the first call."""
    return botocore.session.get_session().create_client(service, config=_CONFIG)


class Clients:
    """The environment's clients by the names of their services."""

    def __getitem__(self, service: str) -> Any:
        """Return the environment's client of a service, made at the first call."""
        return client(service)


class PatientClients:
    """Clients for calls that may take as long as a function runs, each made once: the caller tries again."""

    _CONFIG = Config(
        connect_timeout=1, read_timeout=16, retries={"total_max_attempts": 1}, tcp_keepalive=True
    )

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Any:
        """Return the client of a service, made at the first call."""
        if service not in self._known:
            session = botocore.session.get_session()
            self._known[service] = session.create_client(service, config=self._CONFIG)
        return self._known[service]


def identity() -> tuple[Any, str]:
    """Return the credentials of the function's role, which renew themselves, and its Region."""
    session = botocore.session.get_session()
    return session.get_credentials(), str(session.get_config_variable("region"))
