"""Bring stock in: `python -m local.stock teapot=100 cup=600 [--outputs outputs.json]`.

Works on the local stack and on one in AWS alike: the file has the stack's outputs, and the credentials are
those that boto3 finds, unless the stack is this machine's.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import CREDENTIALS
from local.engine.process import ROOT

PRODUCT = r"([A-Za-z0-9][A-Za-z0-9_-]{0,63})=([1-9]\d{0,8})"


def bring_in(dynamodb: Any, table: str, pieces: Mapping[str, int]) -> None:
    """Add pieces to what is available of each product; a product that is not known yet becomes known."""
    for product_id, quantity in pieces.items():
        dynamodb.update_item(
            TableName=table,
            Key={"product_id": {"S": product_id}},
            UpdateExpression="ADD available :quantity, reserved :none, sold :none",
            ExpressionAttributeValues={":quantity": {"N": str(quantity)}, ":none": {"N": "0"}},
        )


def wanted(arguments: list[str]) -> dict[str, int]:
    """Return how many pieces of each product the arguments name.

    Raises
    ------
    ValueError
        When one is not of the form product=quantity.
    """
    pieces = {}
    for argument in arguments:
        found = re.fullmatch(PRODUCT, argument, re.ASCII)
        if found is None:
            raise ValueError(f"{argument!r} is not product=quantity, such as teapot=100")
        pieces[found[1]] = int(found[2])
    return pieces


def client(outputs: Mapping[str, str]) -> Any:
    """Return a DynamoDB client of the account that holds the stack."""
    if "EngineUrl" not in outputs:
        return boto3.client("dynamodb")
    session: Any = boto3.Session(
        CREDENTIALS["AWS_ACCESS_KEY_ID"],
        CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
    )
    return session.client("dynamodb", endpoint_url=outputs["EngineUrl"])


def main() -> int:
    """Bring in what the command line says; return 1 when that is not possible."""
    parser = argparse.ArgumentParser(description="Bring stock in.")
    parser.add_argument("stock", nargs="+", help="product=quantity, such as teapot=100")
    parser.add_argument("--outputs", type=Path, default=ROOT / ".local/outputs.json")
    options = parser.parse_args()
    try:
        pieces = wanted(options.stock)
        outputs = json.loads(options.outputs.read_text())
        bring_in(client(outputs), outputs["StockTable"], pieces)
    except FileNotFoundError:
        print(f"{options.outputs} is not there: run `make up`, or name it with --outputs.", file=sys.stderr)
        return 1
    except KeyError as missing:
        print(f"{options.outputs} has no output {missing}.", file=sys.stderr)
        return 1
    except (ValueError, ClientError, BotoCoreError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
