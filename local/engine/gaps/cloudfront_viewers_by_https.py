"""A distribution is reached by HTTPS.

The stock engine's door speaks HTTP only, so that a behaviour that sends viewers to HTTPS answers nobody: the
redirect leads to a port where nothing listens.

On AWS every distribution has HTTPS, and what comes that way is served under each viewer protocol policy. The
engine's door stands for it here: a browser takes `*.localhost` for a secure context, too.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import cloudfront

Response = tuple[int, dict[str, Any], bytes]


def fill() -> None:
    """Take every viewer's request as one that came by HTTPS."""
    handle = cloudfront.handle_viewer_request

    @functools.wraps(handle)
    async def by_https(*request: Any) -> Response:
        # The distribution, the method, the path, the URI and the query come before the headers.
        *first, headers, body, query, address = request
        secure = {**headers, "x-forwarded-proto": "https"}
        answer: Response = await handle(*first, secure, body, query, address)
        return answer

    cloudfront.handle_viewer_request = by_https
