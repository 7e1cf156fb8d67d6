"""The whole contract, fuzzed: no answer that it does not document, and no 5xx."""

from __future__ import annotations

import pytest
from schemathesis.generation import GenerationMode

from tests import templates
from tests.fuzzing import MODES, fuzz
from tests.stack import Stack, StreamApi


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation_id", sorted(templates.operations("stream")))
def test_every_answer_is_documented_and_none_is_a_fault(
    stream: Stack, trends: StreamApi, operation_id: str, mode: GenerationMode
) -> None:
    answered = fuzz("stream", operation_id, mode, url=stream["StreamApiUrl"], session=trends.session)

    # Requests that fit get past the door, so it is not the door alone that was tried.
    assert answered - {401, 403} or mode is GenerationMode.NEGATIVE
