"""The whole contract of the catalogue, fuzzed: no answer that it does not document, and no 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from schemathesis.generation import GenerationMode

from tests import templates
from tests.fuzzing import MODES, fuzz
from tests.stack import CatalogApi, Member, Stack

EXAMPLES = 40


@pytest.fixture
def session(stack: Stack, colleague: Member) -> Iterator[requests.Session]:
    """A session of staff's; after the test, the catalogue is what it was."""
    staff, added = CatalogApi(stack["CatalogApiUrl"], colleague.token), []
    offered = staff.list(limit=100).json()["items"]

    def note(answer: requests.Response, *_: Any, **__: Any) -> None:
        if answer.status_code == requests.codes.created:
            added.append(answer.json()["product_id"])

    def as_staff(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {colleague.token}"
        return request

    made = requests.Session()
    made.auth = as_staff
    made.hooks["response"].append(note)
    yield made
    for product_id in added:
        staff.remove(product_id, **{"If-Match": "*"})
    for product in offered:
        # The contract's examples are products of the shop.
        offer = {name: value for name, value in product.items() if name not in {"product_id", "updated_at"}}
        if staff.get(product["product_id"]).status_code == requests.codes.not_found:
            staff.add({**offer, "product_id": product["product_id"]})
        else:
            staff.change(product["product_id"], offer, **{"If-Match": "*"})


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation_id", sorted(templates.operations("web")))
def test_every_answer_is_documented_and_none_is_a_fault(
    stack: Stack, session: requests.Session, operation_id: str, mode: GenerationMode
) -> None:
    url = stack["CatalogApiUrl"]

    answered = fuzz("web", operation_id, mode, url=url, session=session, examples=EXAMPLES)

    # Requests that fit get past the door, so it is not the door alone that was tried.
    assert answered - {401, 403} or mode is GenerationMode.NEGATIVE
