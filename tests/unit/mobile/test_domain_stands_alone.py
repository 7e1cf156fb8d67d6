"""The domain needs no AWS, no environment variable and no network to be imported and used."""

from __future__ import annotations

import subprocess
import sys

from tests.unit.functions import ROOT

SCRIPT = f"""
import sys
sys.path[:0] = ["{ROOT}/layers/mobile", "{ROOT}/layers/shared"]
from mobile import models, posting, posts, profiles, rules
post = rules.write(models.NewPost("for @ada"), "an-id", ("a-member", "grace"), "a-time")
print(post.mentions, sorted({{"boto3", "botocore", "aws_lambda_powertools", "urllib3"}} & set(sys.modules)))
"""


def test_it_is_imported_and_used_with_nothing_around_it() -> None:
    done = subprocess.run(  # noqa: S603 - the script is above
        [sys.executable, "-c", SCRIPT], env={}, capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stdout.strip() == "['ada'] []"
