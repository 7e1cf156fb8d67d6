"""A request to an endpoint of AWS's comes by TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.distributions import Bucket, Distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def test_a_bucket_that_wants_tls_serves_its_distribution(
    client: Callable[[str], Any], engine: Engine
) -> None:
    bucket = Bucket(client)
    bucket.put("page.html", b"here")
    distribution = Distribution(client, engine, bucket.origin)
    bucket.allow(distribution, "s3:GetObject", deny={"Bool": {"aws:SecureTransport": "false"}})

    assert distribution.get("/page.html").status_code == 200
