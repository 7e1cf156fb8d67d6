"""Two members of the community, each with a profile."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.stack import Member, MobileApi, Stack


def joined(stack: Stack, person: Member) -> MobileApi:
    """Give somebody a profile and return the API as they see it."""
    api = MobileApi(stack["MobileApiUrl"], person.token)
    assert api.make_profile(f"m_{secrets.token_hex(8)}").status_code == 201
    return api


@pytest.fixture(scope="module")
def ada_herself(stack: Stack) -> Iterator[Member]:
    person = stack.enrol("members")
    yield person
    person.leave()


@pytest.fixture(scope="module")
def grace_herself(stack: Stack) -> Iterator[Member]:
    person = stack.enrol("members")
    yield person
    person.leave()


@pytest.fixture(scope="module")
def ada(stack: Stack, ada_herself: Member) -> MobileApi:
    """The mobile API as one member sees it."""
    return joined(stack, ada_herself)


@pytest.fixture(scope="module")
def grace(stack: Stack, grace_herself: Member) -> MobileApi:
    """The mobile API as another member sees it."""
    return joined(stack, grace_herself)
