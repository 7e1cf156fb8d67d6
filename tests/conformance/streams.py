"""A function that remembers what it was sent and does what its records say, with what a test needs."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.conformance.functions import make_function, make_role

# The data of a record is JSON: {"do": ..., "n": ...}. What it does:
#   raise        fail, each time          raise once   fail, the first time
#   report       name this record as failed            report once   name it, the first time
#   report ""    answer an empty identifier            sleep    take 1.5 seconds
#   hold         take until the test lets go, at most 15 seconds
REMEMBERS = """
import base64, json, os, time

def handler(event, context):
    records = [told(record) for record in event["Records"]]
    call = {key: value for key, value in event.items() if key != "Records"}
    remember(call | {"records": records, "bytes": len(json.dumps(event)),
                     "request": context.aws_request_id, "source": source(event)})
    failures = []
    for record in records:
        do = record["does"]
        if do.endswith(" once") and first_time(record["sequence"]):
            do = do.removesuffix(" once")
        if do == "sleep":
            time.sleep(1.5)
        elif do == "hold":
            wait_for(os.environ["SEEN"] + ".let-go")
        elif do == "raise":
            raise ValueError("as told")
        elif do.startswith("report") and not do.endswith("once"):
            failures.append({"itemIdentifier": "" if do.endswith('""') else record["sequence"]})
    state = event.get("state", {})
    return {"batchItemFailures": failures,
            "state": {"count": state.get("count", 0) + len(records)}}

def wait_for(path):
    deadline = time.monotonic() + 15
    while not os.path.exists(path) and time.monotonic() < deadline:
        time.sleep(0.02)

def told(record):
    if "kinesis" in record:
        kinesis = record["kinesis"]
        text = base64.b64decode(kinesis["data"]).decode()
        data = json.loads(text) if text.startswith("{") else {"n": text[:20]}
        key, sequence = kinesis["partitionKey"], kinesis["sequenceNumber"]
    else:
        image = record["dynamodb"].get("NewImage", {})
        data = {"do": image.get("do", {}).get("S", ""), "n": image.get("n", {}).get("S", "")}
        key, sequence = record["dynamodb"]["Keys"]["id"]["S"], record["dynamodb"]["SequenceNumber"]
    return {"n": data.get("n"), "does": data.get("do", ""), "key": key, "sequence": sequence,
            "event": record["eventID"]}

def source(event):
    return event.get("eventSourceARN") or event["Records"][0]["eventSourceARN"]

def remember(call):
    with open(os.environ["SEEN"], "ab", buffering=0) as seen:  # others write too: a line is one write
        seen.write((json.dumps(call) + "\\n").encode())

def first_time(sequence):
    try:
        os.close(os.open(os.environ["SEEN"] + "." + sequence, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
"""

MOST_TO_WAIT = 20
"""Seconds for which SQS waits for a message."""
MAY = [
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:DescribeStream",
    "kinesis:ListShards",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:DescribeStream",
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sns:Publish",
    "s3:PutObject",
]


@dataclass(frozen=True)
class Streams:
    """A function on one engine, and how long a test waits for it."""

    client: Callable[[str], Any]
    function: str
    seen: Path
    patience: float

    def make_stream(self, shards: int = 1) -> str:
        """Make a Kinesis stream and return its ARN."""
        name = f"stream-{uuid.uuid4().hex[:8]}"
        self.client("kinesis").create_stream(StreamName=name, ShardCount=shards)
        described = self.client("kinesis").describe_stream(StreamName=name)
        return str(described["StreamDescription"]["StreamARN"])

    def make_table(self) -> tuple[str, str]:
        """Make a table with a stream; return its name and the stream's ARN."""
        made = self.client("dynamodb").create_table(
            TableName=f"table-{uuid.uuid4().hex[:8]}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        return made["TableName"], made["LatestStreamArn"]

    def make_queue(self) -> tuple[str, str]:
        """Make a queue that topics may send to; return its URL and ARN."""
        topics = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [topics]})
        queue = self.client("sqs").create_queue(
            QueueName=f"queue-{uuid.uuid4().hex[:8]}", Attributes={"Policy": policy}
        )["QueueUrl"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return queue, found["Attributes"]["QueueArn"]

    def map(self, source: str, **properties: Any) -> dict[str, Any]:
        """Map the source to the function, from its beginning unless told otherwise."""
        request = {"StartingPosition": "TRIM_HORIZON", "FunctionName": self.function, **properties}
        made: dict[str, Any] = self.client("lambda").create_event_source_mapping(
            EventSourceArn=source, **request
        )
        return made

    def put(self, stream: str, *orders: str, key: str = "k") -> list[str]:
        """Put a record for each order, numbered; return their sequence numbers."""
        return self.put_data(
            stream, [(key, json.dumps({"do": do, "n": n}).encode()) for n, do in enumerate(orders)]
        )

    def put_data(self, stream: str, records: Iterable[tuple[str, bytes]]) -> list[str]:
        """Put records of (partition key, data) in one call; return their sequence numbers."""
        answer = self.client("kinesis").put_records(
            StreamARN=stream, Records=[{"PartitionKey": key, "Data": data} for key, data in records]
        )
        return [each["SequenceNumber"] for each in answer["Records"]]

    def calls(self, source: str) -> list[dict[str, Any]]:
        """Return what the function was sent from a source, call by call."""
        text = self.seen.read_text() if self.seen.exists() else ""
        lines = text.splitlines()[: text.count("\n")]  # but for one that is being written
        return [call for call in map(json.loads, lines) if call["source"] == source]

    def batches(self, source: str) -> list[list[Any]]:
        """Return the numbers of the records of each call."""
        return [[record["n"] for record in call["records"]] for call in self.calls(source)]

    def numbers(self, source: str) -> list[Any]:
        """Return the numbers of all records that were sent, in order."""
        return [n for batch in self.batches(source) for n in batch]

    def wait(self, until: Callable[[], Any]) -> Any:
        """Wait until something is true, as long as patience lasts, and return it as it then is."""
        deadline = time.monotonic() + self.patience
        while not (found := until()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold what a record tells to hold for as long as the context lasts."""
        let_go = Path(f"{self.seen}.let-go")
        let_go.unlink(missing_ok=True)
        try:
            yield
        finally:
            let_go.touch()

    def lost(self, queue: str) -> dict[str, Any]:
        """Return the document in a destination's queue, and nothing when none comes."""
        wait = max(1, min(MOST_TO_WAIT, int(self.patience)))
        answer = self.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=wait)
        messages = answer.get("Messages", [])
        found: dict[str, Any] = json.loads(messages[0]["Body"]) if messages else {}
        return found

    def settle(self) -> None:
        """Give what should not happen the time to happen."""
        time.sleep(0.3)


def make_streams(client: Callable[[str], Any], folder: Path, patience: float) -> Streams:
    """Make the function, with a role that may read streams and write to destinations."""
    role, seen = make_role(client), folder / "seen.jsonl"
    allow(client, role, MAY)
    environment = {"Variables": {"SEEN": str(seen)}}
    name = make_function(client, REMEMBERS, Role=role, Environment=environment, Timeout=20)
    return Streams(client, name, seen, patience)


def allow(client: Callable[[str], Any], role: str, actions: list[str]) -> None:
    """Allow a role these actions on everything."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    }
    client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="streams", PolicyDocument=json.dumps(policy)
    )


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """Return the code and the message of an error, two empty texts when there is none."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "", ""
