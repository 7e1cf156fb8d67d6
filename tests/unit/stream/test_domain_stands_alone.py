"""The domain needs no AWS, no environment variable and no network, and loads no list that it does not use."""

from __future__ import annotations

import subprocess
import sys

from tests.unit.functions import ROOT

SCRIPT = f"""
import sys
sys.path[:0] = ["{ROOT}/layers/stream", "{ROOT}/layers/shared"]
from stream import counting, failures, hashtags, kpl, posts, seen, trends, windows
around = {{"boto3", "botocore", "aws_lambda_powertools", "urllib3", "google.protobuf"}}
lists = {{"stream.addresses", "stream.characters", "stream.tlds"}}
print(hashtags.count(["#Sun #sea", "#sun"]), sorted((around | lists) & set(sys.modules)))
"""


def test_it_is_imported_and_used_with_nothing_around_it() -> None:
    done = subprocess.run(  # noqa: S603 - the script is above
        [sys.executable, "-c", SCRIPT], env={}, capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stdout.strip() == "{'sun': 2, 'sea': 1} []"
