"""A distribution that compresses sends text by gzip to who takes it.

The stock engine sends what the origin sent.

Where the behaviour says Compress and its cache policy knows gzip, an answer of 1,000 to 10,000,000 bytes and
a listed type is compressed, and its ETag becomes weak. Brotli, which CloudFront prefers, is not modelled.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
"""

from __future__ import annotations

import contextvars
import functools
import gzip
from typing import Any

from ministack.services import cloudfront

Json = dict[str, Any]

LEAST, MOST = 1_000, 10_000_000
OK = 200
TYPES = {
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "application/wasm",
    "application/xml",
    "image/svg+xml",
    "image/x-icon",
    "text/css",
    "text/html",
    "text/javascript",
    "text/plain",
    "text/xml",
}

_behaviour: contextvars.ContextVar[Json] = contextvars.ContextVar("compressing behaviour")


def compressible(behaviour: Json, status: int, headers: Json, body: bytes) -> bool:
    """Tell whether an answer is one that the behaviour compresses."""
    policy = cloudfront.cache_policy_params(behaviour.get("cache_policy_id")) or {}
    kind = str(headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    wanted = bool(behaviour.get("compress")) and bool(policy.get("EnableAcceptEncodingGzip"))
    fits = status == OK and LEAST <= len(body) <= MOST and kind in TYPES
    return wanted and fits and "Content-Encoding" not in headers


def fill() -> None:
    """Compress on the way to the viewer."""
    handle, match, read = (
        cloudfront.handle_viewer_request,
        cloudfront._match_behavior,
        cloudfront._dataplane_behavior,
    )

    @functools.wraps(read)
    def with_compress(element: Any, path_pattern: Any = None) -> Json:
        return {**read(element, path_pattern), "compress": cloudfront._text(element, "Compress") == "true"}

    @functools.wraps(match)
    def match_and_note(parsed: Json, path: str) -> Any:
        behaviour = match(parsed, path)
        _behaviour.set(behaviour or {})
        return behaviour

    @functools.wraps(handle)
    async def compressed(*request: Any) -> Any:
        _behaviour.set({})
        status, headers, body = await handle(*request)
        given: Json = request[5]
        takes = {one.partition(";")[0].strip() for one in str(given.get("accept-encoding") or "").split(",")}
        if "gzip" in takes and compressible(_behaviour.get(), status, headers, body):
            body = gzip.compress(body, mtime=0)
            tag = str(headers.get("Etag") or "")
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            varies = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
            headers |= {"Content-Encoding": "gzip", "Vary": varies, "Content-Length": str(len(body))}
            if tag and not tag.startswith("W/"):
                headers["Etag"] = f"W/{tag}"
        return status, headers, body

    cloudfront.handle_viewer_request, cloudfront._match_behavior = compressed, match_and_note
    cloudfront._dataplane_behavior = with_compress
