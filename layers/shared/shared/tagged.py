"""Objects of S3 by their entity tags: read only if they are new, written only if they are still the same."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from shared import aws
from shared.faults import Transient
from shared.stored import Missing, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST = 1000
"""What one request deletes at most."""


class Unavailable(Transient):
    """S3 did not answer, or was too busy: a write may have happened all the same."""


class TaggedBucket:
    """A bucket, or those of its keys that begin with a prefix.

    A role that may not list the bucket is told that a missing object is forbidden, not that it is missing.

    Parameters
    ----------
    name
        The bucket's name.
    prefix
        What every key begins with; those given and returned are without it.
    s3
        The client to use; the environment's own when left out.
    """

    def __init__(self, name: str, prefix: str = "", s3: Any = None) -> None:
        self._name = name
        self._prefix = prefix
        self._s3 = s3 or aws.client("s3")

    def get(self, key: str, known: str | None = None) -> Stored | None:
        """Return an object, or None when its entity tag is still `known`.

        Raises
        ------
        Missing
            When there is none.
        """
        condition = {"IfNoneMatch": known} if known else {}
        answer = self._read("304", Key=self._prefix + key, **condition)
        return None if answer is None else Stored(answer[1], answer[0]["ETag"])

    def part(self, key: str, start: int, size: int) -> bytes:
        """Return `size` bytes of an object, one at least.

        Raises
        ------
        Missing
            When there is none.
        """
        answer = self._read("", Key=self._prefix + key, Range=f"bytes={start}-{start + size - 1}")
        return b"" if answer is None else answer[1]

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""
        self._call("put_object", Key=self._prefix + key, Body=body)

    def put_if(self, key: str, body: bytes, etag: str | None) -> str | None:
        """Write an object if it still has this entity tag, or for None if there is none yet.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

        Returns
        -------
        Its entity tag, or None when it was not written, because somebody else was faster.
        """
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            answer = self._call("put_object", Key=self._prefix + key, Body=body, **condition)
        except Missing:
            return None
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"PreconditionFailed", "ConditionalRequestConflict"}:
                raise
            return None
        written: str = answer["ETag"]
        return written

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are gone already do not matter."""
        wanted = iter(keys)
        while some := list(itertools.islice(wanted, _MOST)):
            objects = [{"Key": self._prefix + key} for key in some]
            answer = self._call("delete_objects", Delete={"Objects": objects, "Quiet": True})
            if failed := answer.get("Errors"):
                raise Unavailable(f"delete_objects: {failed[0].get('Code')}")

    def keys(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Yield the key of each object that begins so, and when it was written, in epoch seconds."""
        more: dict[str, str] = {}
        while True:
            answer = self._call("list_objects_v2", Prefix=self._prefix + prefix, **more)
            for each in answer.get("Contents", ()):
                yield each["Key"].removeprefix(self._prefix), each["LastModified"].timestamp()
            if not answer["IsTruncated"]:
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def _read(self, unchanged: str, **parameters: Any) -> tuple[Any, bytes] | None:
        """Return an answer and its body; None when the error's code is `unchanged`."""
        try:
            answer = self._call("get_object", **parameters)
            return answer, answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != unchanged:
                raise
            return None
        except (ConnectionError, HTTPClientError) as error:
            raise Unavailable(f"get_object: {type(error).__name__}") from error

    def _call(self, operation: str, **parameters: Any) -> Any:
        try:
            return getattr(self._s3, operation)(Bucket=self._name, **parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchKey":
                raise Missing(str(parameters.get("Key"))) from None
            if code in _PASSING:
                raise Unavailable(f"{operation}: {code}") from error
            raise
        except (ConnectionError, HTTPClientError) as error:
            raise Unavailable(f"{operation}: {type(error).__name__}") from error


# What botocore's own retries did not get past.
_PASSING = frozenset(
    ("InternalError", "OperationAborted", "RequestTimeout", "ServiceUnavailable", "SlowDown")
)
