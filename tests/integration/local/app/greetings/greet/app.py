"""Greet."""

from words import GREETING


def handler(_event: dict[str, object], _context: object) -> dict[str, object]:
    """Answer with a greeting."""
    print(GREETING)
    return {"statusCode": 200, "body": GREETING}
