"""Who may list a bucket is told 404 for an object that is not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.distributions import Bucket, Distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def test_what_is_missing_is_not_forbidden(client: Callable[[str], Any], engine: Engine) -> None:
    bucket = Bucket(client)
    distribution = Distribution(client, engine, bucket.origin)

    bucket.allow(distribution, "s3:GetObject")
    unknown = distribution.get("/nowhere.html")
    bucket.allow(distribution, "s3:GetObject", "s3:ListBucket")
    missing = distribution.get("/nowhere.html")

    assert (unknown.status_code, missing.status_code) == (403, 404)
    assert "<Code>NoSuchKey</Code>" in missing.text


def test_what_may_not_be_read_stays_forbidden(client: Callable[[str], Any], engine: Engine) -> None:
    bucket = Bucket(client)
    bucket.put("secret.html", b"not for you")
    distribution = Distribution(client, engine, bucket.origin)
    bucket.allow(distribution, "s3:ListBucket")

    assert distribution.get("/secret.html").status_code == 403
    assert distribution.get("/nowhere.html").status_code == 404
