"""The account that holds a stack, on this machine or in AWS, as a file of the stack's outputs tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.cloud import CREDENTIALS, LocalError
from local.engine.process import ROOT

OUTPUTS = ROOT / ".local/outputs.json"
"""The outputs of the stack on this machine that was brought up last."""


def read(path: Path) -> dict[str, str]:
    """Return the outputs in a file.

    Raises
    ------
    LocalError
        When it is not there, or holds none.
    """
    try:
        known: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        raise LocalError(f"{path} is not there: run `make up`, or name it with --outputs.") from None
    except ValueError:
        raise LocalError(f"{path} is not JSON.") from None
    return known


def output(known: Mapping[str, str], name: str) -> str:
    """Return one output.

    Raises
    ------
    LocalError
        When the stack has none of this name, or what it names was left out.
    """
    value = known.get(name, "")
    if not value:
        raise LocalError(f"The stack has no {name}: the service that it is of was left out.")
    return value


def client(known: Mapping[str, str], service: str, config: Config | None = None) -> Any:
    """Return a client of the account: with the user's own credentials unless the stack is this machine's."""
    if "EngineUrl" not in known:
        session: Any = boto3.Session()
        return session.client(service, config=config)
    session = boto3.Session(
        CREDENTIALS["AWS_ACCESS_KEY_ID"],
        CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
    )
    return session.client(service, endpoint_url=known["EngineUrl"], config=config)
