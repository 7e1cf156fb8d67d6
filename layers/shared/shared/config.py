"""Configuration of a function: environment variables, read once and checked before the first event.

A function describes its variables as a frozen struct and reads them while its module loads. A wrong or
missing variable then fails the deployment's first cold start with one message that names every problem, and
never a request.

    class Settings(msgspec.Struct, frozen=True):
        orders_table: str
        page_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20

    settings = config.read(Settings)  # from ORDERS_TABLE and PAGE_SIZE
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


class ConfigurationError(Exception):
    """The environment does not fit the settings; the message names each variable and what is wrong."""


def read(settings: type[SettingsT], environ: Mapping[str, str] | None = None) -> SettingsT:
    """Build `settings` from environment variables named after its fields in upper case.

    Parameters
    ----------
    settings
        A struct whose field types and constraints say what each variable may hold.
    environ
        The variables to read; the process's own when left out.

    Raises
    ------
    ConfigurationError
        When any variable is missing, empty or does not fit. Values are left out of the message: one may be
        secret.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, object] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(settings):
        variable = field.name.upper()
        text = environ.get(variable, "")
        if text:
            try:
                values[field.name] = msgspec.convert(text, field.type, strict=False)
            except msgspec.ValidationError as error:
                problems.append(f"{variable}: {error}")
        elif field.required:
            problems.append(f"{variable}: is not set")
    if problems:
        raise ConfigurationError(
            f"{settings.__name__} cannot be read from the environment. " + "; ".join(problems)
        )
    return settings(**values)
