"""A distribution is reached by HTTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.distributions import Bucket, Distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def test_a_distribution_that_wants_https_answers(client: Callable[[str], Any], engine: Engine) -> None:
    bucket = Bucket(client)
    bucket.put("page.html", b"here")
    distribution = Distribution(client, engine, bucket.origin, ViewerProtocolPolicy="redirect-to-https")
    bucket.allow(distribution, "s3:GetObject")

    answer = distribution.get("/page.html")

    assert (answer.status_code, answer.text) == (200, "here")
