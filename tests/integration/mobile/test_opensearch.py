"""The OpenSearch engine keeps the contract that the embedded one keeps, on a real OpenSearch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from local.opensearch import UnavailableError, node
from mobile.search.models import Change
from tests.search.contract import SearchContract, fill
from tests.search.machine import SearchMachine
from tests.search.opensearch import Real
from tests.search.posts import post


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A node's address."""
    try:
        with node() as running:
            yield running
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def engine(url: str) -> Iterator[Real]:
    engine = Real(url)
    yield engine
    engine.close()


class TestOpenSearch(SearchContract):
    pass


def test_any_sequence(url: str) -> None:
    class Machine(SearchMachine):
        @staticmethod
        def make() -> Real:
            return Real(url)

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=6, stateful_step_count=20, deadline=None)
    )


def test_what_opensearch_refuses_is_told_and_holds_up_nothing_else(engine: Real) -> None:
    too_long = post("a tag of more than 32,766 bytes", "t" * 40_000)
    changes = [Change.written(too_long, 1), Change.written(post("fine"), 1)]

    assert engine.writers[0].apply(changes) == {too_long.post_id}
    assert engine.texts() == ["fine"]


def test_searches_are_answered_throughout_a_rebuild(engine: Real) -> None:
    posts = [post(f"tea {number}") for number in range(3)]
    fill(engine, *posts)
    answers = []

    def table() -> Iterator[Change]:
        for each in posts:
            answers.append(engine.search("tea").total)
            yield Change.written(each, 1)

    engine.writers[0].rebuild(table(), 0)

    assert answers == [3, 3, 3]
    assert engine.search("tea").total == 3


def test_a_rebuild_leaves_the_last_index_and_none_before_it(engine: Real) -> None:
    fill(engine, post("tea"))
    for _ in range(4):
        engine.writers[0].rebuild([Change.written(post("tea"), 1)], 0)

    assert len(engine.client.indices.get_alias(index="posts-*")) == 2
