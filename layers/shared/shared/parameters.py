"""Parameters of Systems Manager: secrets that cost nothing while nobody uses them."""

from __future__ import annotations

from typing import Any

from shared import aws


def secret(name: str, ssm: Any = None) -> str:
    """Return the value of a parameter of the kind SecureString, decrypted."""
    answer = (ssm or aws.client("ssm")).get_parameter(Name=name, WithDecryption=True)
    value: str = answer["Parameter"]["Value"]
    return value
