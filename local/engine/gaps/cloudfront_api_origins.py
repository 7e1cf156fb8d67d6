"""An API's own domain is an origin like any other.

The stock engine answers 502: it refuses to dial a domain of AWS's, and serves its own APIs elsewhere.

On AWS a REST API is an origin by `{api}.execute-api.{region}.amazonaws.com`, the stage is the origin's path.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html
"""

from __future__ import annotations

import functools
import re
from typing import Any

from ministack import app
from ministack.services import apigateway_v1 as rest
from ministack.services import cloudfront

Json = dict[str, Any]
API_DOMAIN = r"([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com"


def local(origin: Json) -> Json:
    """Return the origin as this engine serves it, where it is an API of the engine's; else as it stands."""
    found = re.fullmatch(API_DOMAIN, origin["domain_name"])
    if found is None or rest.find_api_scope(found[1]) is None:
        return origin
    return {
        **origin,
        "domain_name": "127.0.0.1",
        "http_port": int(app._resolve_port()),
        "protocol_policy": "http-only",
        "origin_path": f"/_aws/execute-api/{found[1]}{origin['origin_path']}",
    }


def fill() -> None:
    """Ask an API of the engine's at the engine's own door."""
    fetch = cloudfront._fetch_from_origin

    @functools.wraps(fetch)
    async def from_apis_too(origin: Json, *request: Any) -> Any:
        return await fetch(local(origin), *request)

    cloudfront._fetch_from_origin = from_apis_too
