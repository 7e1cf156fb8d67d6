"""Fuzzing an operation of a contract: every check that schemathesis has, and no 5xx."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS as ALL_CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from tests import templates
from tests.stack import SECONDS

# To a method that a path does not have, API Gateway answers as to a path that the API does not have: 404.
CHECKS = [check for check in ALL_CHECKS.get_all() if check.__name__ != "unsupported_method"]
CONFIG = {"checks": {"missing_required_header": {"expected-statuses": ["400", "401", "403"]}}}
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


def fuzz(  # noqa: PLR0913 - what, how and where
    service: str,
    operation_id: str,
    mode: GenerationMode,
    *,
    url: str,
    session: requests.Session,
    examples: int = 25,
) -> set[int]:
    """Send an operation requests that fit its contract, or that do not, and check every answer against it.

    First those at each edge of the contract, then random ones.

    Parameters
    ----------
    service, operation_id
        Whose contract, and which operation of it.
    mode
        Whether requests fit.
    url
        Where the API answers.
    session
        Puts the right credentials on whatever is sent.
    examples
        How many requests of each of the two at the most: bounded, so that the suite stays short.

    Returns
    -------
    The statuses that were answered.
    """
    contract = schema_of(service)
    operation = contract.find_operation_by_id(operation_id)
    statuses: set[int] = set()

    def send(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            as_a_client_would(case)
        answer = case.call(base_url=url.rstrip("/"), session=session, timeout=SECONDS)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,  # the same requests each time: a failure is a change
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send_any(case: Any) -> None:
        send(case)

    for case in some(edges(contract, operation, mode), examples):
        send(case)
    with suppress(Unsatisfiable):  # whatever is sent fits an operation with a text in its path alone
        send_any()
    return statuses


@cache
def schema_of(service: str) -> Any:
    """Return a service's contract as schemathesis has it."""
    return schemathesis.openapi.from_dict(
        without_credentials(templates.contract(service)), config=SchemathesisConfig.from_dict(CONFIG)
    )


def edges(contract: Any, operation: Any, mode: GenerationMode) -> Iterator[Any]:
    """Yield a request for each limit, each form and each part that the contract names for an operation."""
    config = contract.config.generation_for(operation=operation)
    yield from contract.iter_coverage_cases(operation, generation_modes=[mode], generation_config=config)


def some(found: Iterable[Any], most: int) -> list[Any]:
    """Return all of a few, or `most` of them from begin to end: an enumeration has an edge for each value."""
    every = list(found)
    return every[:: -(-len(every) // most)] if every else []


def without_credentials(contract: dict[str, Any]) -> Any:
    """Return a contract that asks for none: the session has them, and other tests try each kind of them."""
    copy = json.loads(json.dumps(contract))
    for methods in copy["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return copy


def as_a_client_would(case: Any) -> None:
    """Leave out what a client does not make up: a list's cursor, and a key that was used before."""
    (case.query or {}).pop("cursor", None)
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = secrets.token_hex(16)
