"""The whole contract, fuzzed: no answer that it does not document, and no 5xx."""

from __future__ import annotations

import pytest
import requests
from schemathesis.generation import GenerationMode

from tests import templates
from tests.fuzzing import MODES, fuzz
from tests.stack import MobileApi, Stack

EXAMPLES = 25
"""How many requests of each operation and mode."""


@pytest.fixture(scope="module")
def session(ada: MobileApi) -> requests.Session:
    """A session that puts the member's token on whatever is sent."""

    def as_member(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = str(ada.session.headers["Authorization"])
        return request

    made = requests.Session()
    made.auth = as_member
    return made


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation_id", sorted(templates.operations("mobile")))
def test_every_answer_is_documented_and_none_is_a_fault(
    stack: Stack, session: requests.Session, operation_id: str, mode: GenerationMode
) -> None:
    answered = fuzz(
        "mobile", operation_id, mode, url=stack["MobileApiUrl"], session=session, examples=EXAMPLES
    )

    # Requests that fit get past the door, so it is not the door alone that was tried.
    assert answered - {401, 403} or mode is GenerationMode.NEGATIVE
