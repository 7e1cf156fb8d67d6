from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import config


class Settings(msgspec.Struct, frozen=True):
    table: Annotated[str, msgspec.Meta(min_length=3)]
    page_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    verbose: bool = False


def test_settings_are_read_from_variables_named_in_upper_case() -> None:
    settings = config.read(Settings, {"TABLE": "orders", "PAGE_SIZE": "5", "VERBOSE": "true"})

    assert settings == Settings(table="orders", page_size=5, verbose=True)


def test_a_variable_that_is_left_out_takes_its_default() -> None:
    assert config.read(Settings, {"TABLE": "orders"}) == Settings(table="orders", page_size=20, verbose=False)


def test_an_empty_variable_counts_as_left_out() -> None:
    assert config.read(Settings, {"TABLE": "orders", "PAGE_SIZE": ""}).page_size == 20


def test_the_process_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE", "orders")

    assert config.read(Settings).table == "orders"


def test_all_problems_are_reported_at_once_and_by_name() -> None:
    with pytest.raises(config.ConfigurationError) as raised:
        config.read(Settings, {"PAGE_SIZE": "500", "VERBOSE": "perhaps"})

    message = str(raised.value)
    assert "TABLE: is not set" in message
    assert "PAGE_SIZE: Expected `int` <= 100" in message
    assert "VERBOSE: Expected `bool`" in message


@given(st.text(alphabet="sekrit-0123456789", min_size=8).filter(lambda text: not text.isdigit()))
def test_a_value_that_does_not_fit_is_never_repeated(value: str) -> None:
    with pytest.raises(config.ConfigurationError) as raised:
        config.read(Settings, {"TABLE": "orders", "PAGE_SIZE": value})

    assert value not in str(raised.value)
