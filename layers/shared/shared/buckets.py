"""S3 buckets: objects that a function keeps, reads and deletes."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from shared import aws
from shared.faults import Transient

_SERVERS_FAULT = 500


class Unreachable(Transient):
    """The bucket did not answer, or was too busy."""


class NotKept(Unreachable):
    """The object may be there all the same."""


class Bucket:
    """A bucket, of which the client is made at the first call: most environments never make one.

    Every method is one call.

    Parameters
    ----------
    name
        The bucket's name.
    s3
        The client to use; the environment's own when left out.
    """

    def __init__(self, name: str, s3: Any = None) -> None:
        self._name = name
        self._s3 = s3

    def put(
        self, key: str, body: bytes, media_type: str = "application/json", cache_control: str = ""
    ) -> None:
        """Keep an object under a key, in place of one that is there.

        Parameters
        ----------
        key, body
            The object.
        media_type, cache_control
            What it is served with.

        Raises
        ------
        NotKept
            When another try may succeed.
        """
        served = {"CacheControl": cache_control} if cache_control else {}
        self._call(NotKept, "put_object", Key=key, Body=body, ContentType=media_type, **served)

    def get(self, key: str) -> bytes | None:
        """Return an object, or None where there is none.

        Raises
        ------
        Unreachable
            When another try may succeed.
        """
        try:
            answer = self._call(Unreachable, "get_object", Key=key)
            content: bytes = answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return None
        except (ConnectionError, HTTPClientError) as error:
            raise Unreachable(type(error).__name__) from error
        return content

    def delete(self, key: str) -> None:
        """Delete an object; there may be none.

        Raises
        ------
        Unreachable
            When another try may succeed.
        """
        self._call(Unreachable, "delete_object", Key=key)

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix, a thousand at most.

        Raises
        ------
        Unreachable
            When another try may succeed.
        """
        answer = self._call(Unreachable, "list_objects_v2", Prefix=prefix)
        return [one["Key"] for one in answer.get("Contents", [])]

    def _call(self, kind: type[Unreachable], operation: str, **parameters: Any) -> Any:
        s3 = self._s3 or aws.client("s3")
        try:
            return getattr(s3, operation)(Bucket=self._name, **parameters)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVERS_FAULT:
                raise kind(error.response["Error"]["Code"]) from error
            raise
        except (ConnectionError, HTTPClientError) as error:
            raise kind(type(error).__name__) from error
