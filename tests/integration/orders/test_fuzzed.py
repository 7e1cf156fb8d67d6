"""The whole contract, fuzzed: no answer that it does not document, and no 5xx."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from schemathesis.generation import GenerationMode

from tests import templates
from tests.fuzzing import MODES, fuzz
from tests.integration.orders.test_partners import registered
from tests.partners import staff
from tests.stack import Member, Stack

OPERATIONS = templates.operations("orders")


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Iterator[Member]:
    """A member who may call everything, with a plan that leaves room for fuzzing."""
    person = stack.enrol("members", "premium", "staff")
    yield person
    person.leave()


@pytest.fixture(scope="module")
def sessions(stack: Stack, owner: Member) -> dict[str, requests.Session]:
    """A session for each kind of credentials, which puts the right ones on whatever is sent."""
    partner, base = registered(stack, owner), urlsplit(stack["OrdersApiUrl"].rstrip("/")).path
    staff_credentials = staff(stack)

    def as_member(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {owner.token}"
        return request

    def as_partner(request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        path = urlsplit(str(request.url)).path.removeprefix(base)
        if request.method in {"GET", "POST"}:
            key = request.headers.get("Idempotency-Key")
            text = key.decode("latin-1") if isinstance(key, bytes) else key or ""
            signed = partner.signed(request.method, path, raw, key=text.strip())
            signed.pop("Content-Type", None)
            if key is None:  # what a request lacks is not added to it
                signed.pop("Idempotency-Key", None)
            request.headers.update(signed)
        return request

    def as_staff(request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = AWSRequest(request.method, request.url, data=request.body, headers={})
        SigV4Auth(staff_credentials, "execute-api", stack["UserPoolId"].partition("_")[0]).add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request

    def session(credentials: Callable[[requests.PreparedRequest], Any]) -> requests.Session:
        made = requests.Session()
        made.auth = credentials
        return made

    return {"Member": session(as_member), "Partner": session(as_partner), "StaffTool": session(as_staff)}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_every_answer_is_documented_and_none_is_a_fault(
    stack: Stack, sessions: dict[str, requests.Session], operation_id: str, mode: GenerationMode
) -> None:
    session = sessions[next(iter(OPERATIONS[operation_id]["security"][0]))]

    answered = fuzz("orders", operation_id, mode, url=stack["OrdersApiUrl"], session=session)

    # Requests that fit get past the door, so it is not the door alone that was tried.
    assert answered - {401, 403} or mode is GenerationMode.NEGATIVE
