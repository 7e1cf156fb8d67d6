"""An object is kept, or it is told whether another try may succeed."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.buckets import Bucket, NotKept


class S3:
    """A client that keeps what it was asked, and raises what it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: dict[str, Any] = {}

    def put_object(self, **asked: Any) -> None:
        self.asked = asked
        if self.error:
            raise self.error


def failure(status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": "SlowDown", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "PutObject",
    )


def test_an_object_is_kept_under_its_key() -> None:
    s3 = S3()

    Bucket("failures", s3).put("a/key", b"{}")

    assert (s3.asked["Bucket"], s3.asked["Key"], s3.asked["Body"]) == ("failures", "a/key", b"{}")


@pytest.mark.parametrize("error", [failure(503), EndpointConnectionError(endpoint_url="https://s3")])
def test_what_may_pass_is_told(error: Exception) -> None:
    with pytest.raises(NotKept):
        Bucket("failures", S3(error)).put("a/key", b"{}")


def test_a_refusal_is_none_that_passes() -> None:
    with pytest.raises(ClientError):
        Bucket("failures", S3(failure(403))).put("a/key", b"{}")
