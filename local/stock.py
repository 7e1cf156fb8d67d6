"""Bring stock in: `python -m local.stock teapot=100 cup=600 [--outputs outputs.json]`.

Works on the local stack and on one in AWS alike: the file has the stack's outputs, and the credentials are
those that boto3 finds, unless the stack is this machine's.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import reach
from local.cloud import LocalError

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


def main() -> int:
    """Bring in what the command line says; return 1 when that is not possible."""
    parser = argparse.ArgumentParser(description="Bring stock in.")
    parser.add_argument("stock", nargs="+", help="product=quantity, such as teapot=100")
    parser.add_argument("--outputs", type=Path, default=reach.OUTPUTS)
    options = parser.parse_args()
    try:
        pieces = wanted(options.stock)
        outputs = reach.read(options.outputs)
        bring_in(reach.client(outputs, "dynamodb"), reach.output(outputs, "StockTable"), pieces)
    except (LocalError, ValueError, ClientError, BotoCoreError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
