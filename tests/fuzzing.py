"""Fuzzing an operation of a contract: no answer that it does not document, and no 5xx."""

from __future__ import annotations

import json
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import templates
from tests.stack import SECONDS

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


def fuzz(  # noqa: PLR0913 - what, how and where
    service: str,
    operation_id: str,
    mode: GenerationMode,
    *,
    url: str,
    session: requests.Session,
    examples: int = 50,
) -> set[int]:
    """Send an operation requests that fit its contract, or that do not, and check every answer against it.

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
        How many requests: bounded, so that the suite stays short.

    Returns
    -------
    The statuses that were answered.
    """
    contract = schemathesis.openapi.from_dict(json.loads(json.dumps(templates.contract(service))))
    operation = contract.find_operation_by_id(operation_id)
    statuses: set[int] = set()

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,  # the same requests each time: a failure is a change
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        answer = case.call(base_url=url.rstrip("/"), session=session, timeout=SECONDS)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    send()
    return statuses
