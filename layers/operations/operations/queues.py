"""The dead-letter queues of the application: what nothing could be done with, left to people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from operations.redrives import Redrive
from shared.problems import NotFound

if TYPE_CHECKING:
    from operations.moving import Clients

AGE = "ApproximateAgeOfOldestMessage"
DEPTH = "ApproximateNumberOfMessages"
AGE_MINUTES = 15
"""CloudWatch has a queue's age once a minute, and up to 15 minutes late after hours of no use."""


class Kind(msgspec.Struct, frozen=True):
    """What a queue is about, in words for who has to decide."""

    service: str
    title: str
    holds: str


KINDS: Mapping[str, Kind] = {
    "UnstartedQueue": Kind(
        "orders",
        "Orders without a saga",
        "Batches of the orders' stream that start_saga could not handle: these orders stand still.",
    ),
    "UnpublishedQueue": Kind(
        "orders",
        "Events that nobody heard",
        "Batches of the orders' stream that publish_events could not tell the event bus.",
    ),
    "DeadEndQueue": Kind(
        "orders",
        "Sagas left to people",
        "Orders that could not be undone to the end. Put the cause right first: the saga then runs again.",
    ),
    "UncheckedQueue": Kind(
        "mobile",
        "Profile images not checked",
        "Uploads that check_image failed on five times; the member still waits for the image.",
    ),
    "UnforgottenQueue": Kind(
        "mobile",
        "Members not forgotten",
        "Events of members who left, whose posts, name, devices and inbox are still there.",
    ),
    "UntoldQueue": Kind(
        "mobile",
        "Changes of content that nobody heard",
        "Batches of the content's stream that publish_content could not tell the event bus.",
    ),
    "UnnotifiedQueue": Kind(
        "mobile",
        "Events that members were not told of",
        "Events that notify failed on five times. Nobody is told twice when they go back.",
    ),
    "UnpushedQueue": Kind(
        "mobile",
        "Pushes that did not go out",
        "Members for whom something waits to be pushed; it is in their inbox.",
    ),
    "UnindexedQueue": Kind(
        "mobile",
        "Posts that search lacks",
        "Changes of posts that index_content could not bring into the search index.",
    ),
    "FailureQueue": Kind(
        "stream",
        "Posts not counted",
        "Notices of records that aggregate_trends gave up; the records are in the failure bucket.",
    ),
    "FailedRecordsQueue": Kind(
        "stream",
        "Posts not archived",
        "Notices of records that Firehose could not process. They stay: look into the archive's bucket.",
    ),
}
"""By the logical id of the queue; tests/unit/operations holds that none of the templates is missing."""


class Queue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dead-letter queue as it is now.

    `depth` is about how many messages it shows, and `hidden` how many somebody is looking at.
    `oldest_seconds` is how long the oldest has been in it; it is missing for an empty queue, and where
    CloudWatch does not know.
    """

    name: str
    service: str
    title: str
    holds: str
    depth: int
    hidden: int = 0
    oldest_seconds: int | None = None
    redrive: Redrive | None = None


class QueueNotFound(NotFound):
    """The application has no dead-letter queue of this name."""

    def __init__(self) -> None:
        super().__init__("There is no such dead-letter queue.")


def known_only(arns: Mapping[str, str], name: str) -> str:
    """Return the name of a queue that the deployment has.

    Raises
    ------
    QueueNotFound
        When it has none of this name.
    """
    if not arns.get(name):
        raise QueueNotFound
    return name


class Queues:
    """The dead-letter queues of this deployment.

    Parameters
    ----------
    arns
        Their ARNs by logical id; one whose service was left out is empty.
    clients
        The clients of SQS and CloudWatch.
    """

    def __init__(self, arns: Mapping[str, str], clients: Clients) -> None:
        self._names = {name: arn.rpartition(":")[2] for name, arn in arns.items() if arn}
        self._clients = clients
        self._urls: dict[str, str] = {}

    def url(self, name: str) -> str:
        """Return a queue's URL; SQS is asked once.

        Raises
        ------
        QueueNotFound
            When the deployment has none of this name.
        """
        known_only(self._names, name)
        if name not in self._urls:
            sqs = self._clients["sqs"]
            self._urls[name] = sqs.get_queue_url(QueueName=self._names[name])["QueueUrl"]
        return self._urls[name]

    def look(self, redrives: Mapping[str, Redrive]) -> list[Queue]:
        """Return every queue as it is now: one GetQueueAttributes each, and one GetMetricData in all."""
        ages = self._ages()
        found = []
        for name in self._names:
            told = self._clients["sqs"].get_queue_attributes(
                QueueUrl=self.url(name), AttributeNames=[DEPTH, f"{DEPTH}NotVisible"]
            )["Attributes"]
            kind, depth, hidden = KINDS[name], int(told[DEPTH]), int(told[f"{DEPTH}NotVisible"])
            age = ages.get(name) if depth + hidden else None
            found.append(
                Queue(name, kind.service, kind.title, kind.holds, depth, hidden, age, redrives.get(name))
            )
        return found

    def _ages(self) -> dict[str, int]:
        """Return how long the oldest message of each queue has been in it, in seconds."""
        now, names = datetime.now(UTC), list(self._names)
        queries: list[dict[str, Any]] = [
            {
                "Id": f"q{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": AGE,
                        "Dimensions": [{"Name": "QueueName", "Value": self._names[name]}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
            for number, name in enumerate(names)
        ]
        results = self._clients["cloudwatch"].get_metric_data(
            MetricDataQueries=queries,
            StartTime=now - timedelta(minutes=AGE_MINUTES),
            EndTime=now + timedelta(minutes=1),
            ScanBy="TimestampDescending",
        )["MetricDataResults"]
        return {names[int(row["Id"][1:])]: int(row["Values"][0]) for row in results if row["Values"]}
