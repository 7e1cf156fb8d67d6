"""The people of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import CatalogApi, Member, Stack


@pytest.fixture(scope="session")
def colleague(stack: Stack) -> Iterator[Member]:
    """Somebody of the staff, in the tier with room for many requests."""
    person = stack.enrol("staff", "premium")
    yield person
    person.leave()


@pytest.fixture(scope="session")
def staff(stack: Stack, colleague: Member) -> CatalogApi:
    """The catalogue as staff."""
    return CatalogApi(stack["CatalogApiUrl"], colleague.token)


@pytest.fixture(scope="session")
def visitors(stack: Stack) -> CatalogApi:
    """The catalogue as who has not signed in."""
    return CatalogApi(stack["CatalogApiUrl"], None)
