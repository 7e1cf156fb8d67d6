"""An object is kept, or it is told whether another try may succeed."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.buckets import Bucket, NotKept, Unreachable


class S3:
    """A client that keeps what it was asked, and raises what it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: dict[str, Any] = {}

    def put_object(self, **asked: Any) -> None:
        self.asked = asked
        if self.error:
            raise self.error


def failure(status: int, code: str = "SlowDown") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
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


class Holding:
    """A client of a bucket that holds one object."""

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - S3's names
        if (Bucket, Key) != ("images", "a/1"):
            raise failure(404, "NoSuchKey")
        return {"Body": io.BytesIO(b"content")}

    def list_objects_v2(self, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 - S3's names
        return {"Contents": [{"Key": "a/1"}]} if (Bucket, Prefix) == ("images", "a/") else {}

    def delete_object(self, **_: str) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")


def test_an_object_is_read_or_is_not_there() -> None:
    bucket = Bucket("images", Holding())

    assert bucket.get("a/1") == b"content"
    assert bucket.get("a/2") is None
    assert (bucket.keys("a/"), bucket.keys("b/")) == (["a/1"], [])


def test_a_delete_that_may_pass_is_told() -> None:
    with pytest.raises(Unreachable):
        Bucket("images", Holding()).delete("a/1")
