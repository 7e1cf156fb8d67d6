"""A distribution keeps an answer for as long as its cache policy and Cache-Control say."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.distributions import Bucket, Distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

HIT, MISS = "Hit from cloudfront", "Miss from cloudfront"


def policy(client: Callable[[str], Any], greatest: int = 3600, default: int = 0, **key: Any) -> str:
    """Make a cache policy; `key` is what is in the key beside the path."""
    config = {
        "Name": f"policy-{uuid.uuid4().hex[:8]}",
        "MinTTL": 0,
        "DefaultTTL": default,
        "MaxTTL": greatest,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": False,
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
            **key,
        },
    }
    made = client("cloudfront").create_cache_policy(CachePolicyConfig=config)
    return str(made["CachePolicy"]["Id"])


def site(client: Callable[[str], Any], engine: Engine, **behaviour: Any) -> tuple[Bucket, Distribution]:
    """Make a bucket and a distribution of it, which may list it."""
    bucket = Bucket(client)
    distribution = Distribution(client, engine, bucket.origin, **behaviour)
    bucket.allow(distribution, "s3:GetObject", "s3:ListBucket")
    return bucket, distribution


def twice(distribution: Distribution, path: str, **headers: str) -> list[str]:
    """Return how the cache answered two requests."""
    return [distribution.get(path, **headers).headers["X-Cache"] for _ in range(2)]


@pytest.mark.parametrize(
    ("control", "second"),
    [
        ("public, max-age=60", HIT),
        ("max-age=0, s-maxage=60", HIT),
        ("no-cache", MISS),
        ("no-store", MISS),
        ("private, max-age=60", MISS),
        ("max-age=0", MISS),
    ],
)
def test_an_answer_is_kept_by_its_cache_control(
    client: Callable[[str], Any], engine: Engine, control: str, second: str
) -> None:
    bucket, distribution = site(client, engine, CachePolicyId=policy(client))
    bucket.put("page.html", b"here", CacheControl=control)
    bucket.put("kept.html", b"here", CacheControl="max-age=60")

    assert twice(distribution, "/kept.html") == [MISS, HIT]
    assert twice(distribution, "/page.html") == [MISS, second]


def test_what_is_kept_is_not_what_came_later(client: Callable[[str], Any], engine: Engine) -> None:
    bucket, distribution = site(client, engine, CachePolicyId=policy(client))
    bucket.put("page.html", b"before", CacheControl="max-age=60")
    first = distribution.get("/page.html")
    bucket.put("page.html", b"after", CacheControl="max-age=60")

    again = distribution.get("/page.html")
    known = distribution.get("/page.html", **{"If-None-Match": first.headers["ETag"]})

    assert (again.text, "Age" in again.headers) == ("before", True)
    assert known.status_code == 304


def test_a_header_in_the_key_keeps_callers_apart(client: Callable[[str], Any], engine: Engine) -> None:
    by_caller = {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["Authorization"]}}
    bucket, distribution = site(client, engine, CachePolicyId=policy(client, HeadersConfig=by_caller))
    bucket.put("page.html", b"here", CacheControl="max-age=60")

    assert twice(distribution, "/page.html") == [MISS, HIT]
    assert twice(distribution, "/page.html", Authorization="Bearer one") == [MISS, HIT]
    assert twice(distribution, "/page.html", Authorization="Bearer two") == [MISS, HIT]


def test_errors_are_kept_for_ten_seconds(client: Callable[[str], Any], engine: Engine) -> None:
    _, distribution = site(client, engine, CachePolicyId=policy(client))

    assert twice(distribution, "/nowhere.html") == [MISS, HIT]
