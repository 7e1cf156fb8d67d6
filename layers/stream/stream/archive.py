"""Keeping posts as they are sent, for good: records of a delivery stream, which puts them into S3.

A record is a post as one JSON object; the delivery stream ends each with a new line. Delivery is at least
once: who reads the archive counts post ids, not lines.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from shared import aws
from shared.problems import FieldError, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_POSTS = 500  # of one PutRecordBatch
LONGEST_PAUSES = (0.1, 0.2, 0.4)  # seconds, before each further attempt


class Post(msgspec.Struct, frozen=True, omit_defaults=True):
    """A post as it is archived; further members of what is sent are left out."""

    post_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    created_at: Annotated[
        str,
        msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z\Z"),
    ]
    text: Annotated[str, msgspec.Meta(max_length=10_000)]
    lang: Annotated[str, msgspec.Meta(max_length=35)] = ""


class Posts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Posts to archive, sent together."""

    posts: Annotated[tuple[Post, ...], msgspec.Meta(min_length=1, max_length=MAX_POSTS)]


class Taken(msgspec.Struct, frozen=True):
    """How many posts were taken, and under which request the service's own logs have that."""

    taken: int
    request_id: str


class NotTaken(ServiceUnavailable):
    """Some posts were not taken, also when they were offered again; the others were."""

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__(
            "Some posts were not taken. Send these again, and only these.",
            [FieldError(f"/posts/{position}", "was not taken") for position in positions],
        )


class Archive:
    """The delivery stream.

    Parameters
    ----------
    name
        The delivery stream's.
    firehose
        The client to use; the environment's own when left out.
    pause
        Waits for a number of seconds.
    """

    def __init__(self, name: str, firehose: Any = None, pause: Callable[[float], None] = time.sleep) -> None:
        self._name = name
        self._firehose = firehose or aws.client("firehose")
        self._pause = pause

    def keep(self, posts: Sequence[Post]) -> None:
        """Send posts in one call, and those again that it did not take.

        PutRecordBatch answers 200 in that case too.

        Raises
        ------
        NotTaken
            When some are left after all attempts, by their places in `posts`.
        """
        left = [(position, {"Data": msgspec.json.encode(post)}) for position, post in enumerate(posts)]
        for longest in (*LONGEST_PAUSES, None):
            answer = self._firehose.put_record_batch(
                DeliveryStreamName=self._name, Records=[record for _, record in left]
            )
            told = answer["RequestResponses"] if answer["FailedPutCount"] else ()
            left = [one for one, outcome in zip(left, told, strict=False) if "ErrorCode" in outcome]
            if not left:
                return
            if longest is not None:
                self._pause(random.uniform(0, longest))  # noqa: S311 - it spreads load and guards nothing
        raise NotTaken([position for position, _ in left])
