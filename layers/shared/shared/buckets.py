"""S3 buckets: objects that a function keeps."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from shared import aws
from shared.faults import Transient

_SERVERS_FAULT = 500


class NotKept(Transient):
    """The bucket did not answer, or was too busy: the object may be there all the same."""


class Bucket:
    """A bucket, of which the client is made at the first call: most environments never make one.

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

    def put(self, key: str, body: bytes) -> None:
        """Keep an object under a key, in place of one that is there.

        Raises
        ------
        NotKept
            When another try may succeed.
        """
        s3 = self._s3 or aws.client("s3")
        try:
            s3.put_object(Bucket=self._name, Key=key, Body=body, ContentType="application/json")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVERS_FAULT:
                raise NotKept(error.response["Error"]["Code"]) from error
            raise
        except (ConnectionError, HTTPClientError) as error:
            raise NotKept(type(error).__name__) from error
