"""The stream service of the deployed stack, where there is one."""

from __future__ import annotations

import pytest

from tests.stack import Member, Stack, StreamApi


@pytest.fixture(scope="session")
def stream(stack: Stack) -> Stack:
    """The running stack, with its stream service."""
    if not stack.has("stream"):
        pytest.skip("the stream service is left out of this stack: it is there with StreamService=true")
    return stack


@pytest.fixture(scope="session")
def trends(stream: Stack, member: Member) -> StreamApi:
    """The stream API as the member."""
    return StreamApi(stream["StreamApiUrl"], member.token)
