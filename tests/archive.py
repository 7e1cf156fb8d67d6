"""The archive of posts as those who look after it see it: objects in S3, and SQL."""

from __future__ import annotations

import gzip
import json
import secrets
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from tests.stack import Stack

SECONDS = 60
"""How long posts may take into the archive: a stack in AWS is tested with a short ArchiveBufferSeconds."""


def today() -> str:
    """Return the day that the archive files what comes now under."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def a_post(text: str, **more: Any) -> dict[str, Any]:
    """Return a post of this moment."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"post_id": secrets.token_hex(16), "created_at": now, "text": text, **more}


class Archive:
    """The bucket and the workgroup of the running stack."""

    def __init__(self, stack: Stack) -> None:
        self.s3, self.athena = stack.client("s3"), stack.client("athena")
        self.bucket = stack.physical_id("stream", "ArchiveBucket")
        self.workgroup = stack.physical_id("stream", "Queries")
        self.saved = stack.physical_id("stream", "TopHashtags")

    def objects(self, prefix: str = "posts/") -> dict[str, bytes]:
        """Return the objects under a prefix, as they are."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def posts(self) -> dict[str, dict[str, Any]]:
        """Return what is archived, by post id; what is no post is left out."""
        found = {}
        for body in self.objects().values():
            for line in gzip.decompress(body).decode().split("\n"):
                with suppress(ValueError):
                    post = json.loads(line)
                    if isinstance(post, dict) and "post_id" in post:
                        found[str(post["post_id"])] = post
        return found

    def wait_for(self, *post_ids: str) -> dict[str, dict[str, Any]]:
        """Return what is archived once these posts are.

        Raises
        ------
        TimeoutError
            When one of them is not there in time.
        """
        deadline = time.monotonic() + SECONDS
        while not set(post_ids) <= (found := self.posts()).keys():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not archived: {set(post_ids) - found.keys()}")
            time.sleep(0.2)
        return found

    def saved_query(self, since: str, until: str) -> list[list[str]]:
        """Run the saved query over days and return its rows."""
        saved = self.athena.get_named_query(NamedQueryId=self.saved)["NamedQuery"]
        query_id = self.athena.start_query_execution(
            QueryString=saved["QueryString"],
            QueryExecutionContext={"Database": saved["Database"]},
            WorkGroup=saved["WorkGroup"],
            ExecutionParameters=[f"'{since}'", f"'{until}'"],
        )["QueryExecutionId"]
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            status = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            if status["State"] not in {"QUEUED", "RUNNING"}:
                break
            time.sleep(0.2)
        if status["State"] != "SUCCEEDED":
            raise RuntimeError(str(status))
        rows = self.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"][1:]
        return [[value["VarCharValue"] for value in row["Data"]] for row in rows]
