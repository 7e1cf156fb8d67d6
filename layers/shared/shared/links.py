"""Links to objects in S3 that are good for whoever has them, and for a while (presigned URLs)."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.config import Config

# Virtual: else links name S3's global endpoint. It redirects for a fresh bucket in another Region, and
# a signature does not follow.
_CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


class Links:
    """Makes links, and calls nobody for it: the role's rights decide when a link is used.

    Parameters
    ----------
    s3
        The client to use; a fresh one when left out.
    """

    def __init__(self, s3: Any = None) -> None:
        self._s3: Any = s3 or botocore.session.get_session().create_client("s3", config=_CONFIG)

    def to(self, location: str, seconds: int) -> str:
        """Return a link to the object at `s3://bucket/key`, good for so many seconds.

        It ends earlier where the function's credentials do.
        """
        bucket, _, key = location.removeprefix("s3://").partition("/")
        url: str = self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
        )
        return url
