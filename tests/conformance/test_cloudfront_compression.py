"""A distribution that compresses sends text by gzip to who takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.test_cloudfront_caching import policy, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

TEXT = b"all the same, " * 100


def test_text_is_compressed_and_its_tag_is_weak(client: Callable[[str], Any], engine: Engine) -> None:
    compressing = {"CachePolicyId": policy(client, EnableAcceptEncodingGzip=True), "Compress": True}
    bucket, distribution = site(client, engine, **compressing)
    bucket.put("page.html", TEXT, ContentType="text/html")
    bucket.put("short.html", TEXT[:999], ContentType="text/html")
    bucket.put("picture.png", TEXT, ContentType="image/png")

    page = distribution.get("/page.html", **{"Accept-Encoding": "br, gzip"})

    assert page.headers.get("Content-Encoding") == "gzip"
    assert (page.content, int(page.headers["Content-Length"]) < len(TEXT)) == (TEXT, True)
    assert page.headers["ETag"].startswith("W/")
    for path in ("/short.html", "/picture.png"):
        assert "Content-Encoding" not in distribution.get(path, **{"Accept-Encoding": "gzip"}).headers
    assert "Content-Encoding" not in distribution.get("/page.html", **{"Accept-Encoding": "identity"}).headers
