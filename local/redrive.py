"""Move a dead-letter queue's messages back: `make redrive QUEUE=FailureQueue`.

What a message is says where it came from, and so where it goes back to:

- S3 told of an object with what a consumer gave up: its records go into their Kinesis stream again;
- Lambda gave up a batch of a table's stream and told where it was: its records are read once more, and the
  function is called with them;
- Lambda gave up an event: the function is called with it again;
- a saga left something to people: it is run again with the same input, under another name;
- a queue's message was received too often: it goes back into that queue.

A message is deleted when that is done, and stays where it is when not. So a record can go back twice, if this
is stopped in between: every consumer here takes that. What arrives meanwhile is not touched: what fails again
at once does not go round.

AWS has StartMessageMoveTask for the last kind alone, and the laptop's engine does not have it.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local import reach
from local.cloud import LocalError
from local.deploy import stack
from local.progress import Phase, Progress

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, read_timeout=90)
HIDDEN_SECONDS = 300
"""How long a message is hidden from others while this looks at it."""
CALL_RECORDS, CALL_BYTES = 500, 5 * 1024 * 1024
TRIES = 8


class StaysError(Exception):
    """A message cannot be moved; it says why in a few words."""


@dataclass
class Account:
    """The account that holds the stack: its clients, one a service."""

    known: Mapping[str, str]
    _clients: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, service: str) -> Any:
        """Return the client of a service."""
        if service not in self._clients:
            self._clients[service] = reach.client(self.known, service, CONFIG)
        return self._clients[service]


def queue_url(account: Account, named: str) -> str:
    """Return the URL of a queue: named by its URL, an output, its logical id, or its own name.

    Raises
    ------
    LocalError
        When there is none, or more than one.
    """
    if named.startswith("http"):
        return named
    if named in account.known:
        return account.known[named]
    queues = [
        row
        for nested in stack.within(account["cloudformation"], account.known["StackName"])
        for row in nested.resources
        if row.type == "AWS::SQS::Queue"
    ]
    found = [row for row in queues if named in {row.path[-1], row.name, row.physical_id.rpartition("/")[2]}]
    if len(found) != 1:
        names = ", ".join(row.name for row in found or queues)
        what = "There are several queues" if found else "There is no queue"
        raise LocalError(f"{what} {named!r}: name one of {names}.")
    return found[0].physical_id


def messages(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Yield every message that the queue shows, once."""
    seen: set[str] = set()
    while found := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=1,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    ).get("Messages"):
        for message in found:
            if message["MessageId"] not in seen:
                seen.add(message["MessageId"])
                yield message


def move(account: Account, message: dict[str, Any]) -> str:
    """Move one message back, and return where to.

    Raises
    ------
    StaysError
        When that is not known, or not possible now.
    """
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = None
    if isinstance(body, dict):
        if body.get("Event") == "s3:TestEvent":
            return "nowhere: S3 tried the queue"
        for member, way in WAYS.items():
            if member in body:
                return way(account, body)
    source = message.get("Attributes", {}).get("DeadLetterQueueSourceArn")
    if source is None:
        raise StaysError("it does not say where it came from")
    return _into_queue(account, message, source)


def _into_queue(account: Account, message: dict[str, Any], source: str) -> str:
    name = source.rpartition(":")[2]
    sqs = account["sqs"]
    order = message.get("Attributes", {})
    fifo = {
        key: order[key]
        for key in ("MessageGroupId", "MessageDeduplicationId")
        if key in order and name.endswith(".fifo")
    }
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
        MessageBody=message["Body"],
        MessageAttributes=message.get("MessageAttributes", {}),
        **fifo,
    )
    return name


def _told_by_s3(account: Account, body: dict[str, Any]) -> str:
    """Put the records of what was given up into their stream again."""
    where = set()
    for told in body["Records"]:
        bucket, key = told["s3"]["bucket"]["name"], unquote_plus(told["s3"]["object"]["key"])
        try:
            document = json.loads(account["s3"].get_object(Bucket=bucket, Key=key)["Body"].read())
            records = json.loads(document["payload"])["Records"]
            name = document["KinesisBatchInfo"]["streamArn"].rpartition("/")[2]
        except account["s3"].exceptions.NoSuchKey:
            raise StaysError(f"{key} is no longer in {bucket}") from None
        except (ValueError, KeyError, TypeError):
            raise StaysError(f"{key} is not what a consumer gave up") from None
        _into_stream(account["kinesis"], name, [record["kinesis"] for record in records])
        where.add(name)
    return ", ".join(sorted(where))


def _into_stream(kinesis: Any, name: str, records: list[dict[str, Any]]) -> None:
    waiting = [
        {"Data": base64.b64decode(record["data"]), "PartitionKey": record["partitionKey"]}
        for record in records
    ]
    for attempt in range(TRIES):
        refused: list[dict[str, Any]] = []
        for call in _calls(waiting):
            answers = kinesis.put_records(StreamName=name, Records=call)["Records"]
            refused += [one for one, answer in zip(call, answers, strict=True) if answer.get("ErrorCode")]
        waiting = refused
        if not waiting:
            return
        time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - it spreads the tries
    raise StaysError(f"{name} refused {len(waiting)} records again and again")


def _calls(records: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    call: list[dict[str, Any]] = []
    size = 0
    for record in records:
        size += len(record["Data"]) + len(record["PartitionKey"].encode())
        if len(call) == CALL_RECORDS or (call and size > CALL_BYTES):
            yield call
            call, size = [], len(record["Data"]) + len(record["PartitionKey"].encode())
        call.append(record)
    if call:
        yield call


def _batch_of_a_table(account: Account, body: dict[str, Any]) -> str:
    """Read the records of a batch from the table's stream once more, and call the function with them."""
    batch = body["DDBStreamBatchInfo"]
    source, streams = batch["streamArn"], account["dynamodbstreams"]
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=source,
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
        records: list[dict[str, Any]] = []
        last = int(batch["endSequenceNumber"])
        while iterator and (not records or int(records[-1]["dynamodb"]["SequenceNumber"]) < last):
            page = streams.get_records(ShardIterator=iterator)
            if not page["Records"]:
                break
            records += page["Records"]
            iterator = page.get("NextShardIterator")
    except (
        streams.exceptions.TrimmedDataAccessException,
        streams.exceptions.ResourceNotFoundException,
    ):
        records = []
    wanted = [
        {**record, "eventSourceARN": source}
        for record in records
        if int(record["dynamodb"]["SequenceNumber"]) <= last
    ]
    if not wanted:
        raise StaysError("its records are no longer in the table's stream")
    event = json.dumps({"Records": wanted}, default=_as_lambda_has_it)
    return _call(account, body["requestContext"]["functionArn"], event)


def _as_lambda_has_it(value: Any) -> Any:
    """Write what boto3 made of a record as it is in a function's event: seconds, and bytes in base64."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()


def _event(account: Account, body: dict[str, Any]) -> str:
    """Call the function with the event that it failed on."""
    return _call(account, body["requestContext"]["functionArn"], json.dumps(body["requestPayload"]))


def _call(account: Account, function: str, event: str) -> str:
    name = function.removesuffix(":$LATEST")
    answer = account["lambda"].invoke(FunctionName=name, Payload=event.encode())
    said = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer or (isinstance(said, dict) and said.get("batchItemFailures")):
        raise StaysError(f"{name.rpartition(':')[2]} failed again; its log tells why")
    return name.rpartition(":")[2]


def _saga(account: Account, body: dict[str, Any]) -> str:
    """Run a state machine again, with the input of the execution that could not be finished."""
    *front, _, machine, name = body["execution"].split(":")
    answer = account["stepfunctions"].start_execution(
        stateMachineArn=":".join([*front, "stateMachine", machine]),
        name=f"{name[:60]}-again-{int(time.time())}",
        input=json.dumps(body["input"]),
    )
    return f"{machine}, as {answer['executionArn'].rpartition(':')[2]}"


WAYS: dict[str, Callable[[Account, dict[str, Any]], str]] = {
    "DDBStreamBatchInfo": _batch_of_a_table,
    "requestPayload": _event,
    "unfinished": _saga,
    "Records": _told_by_s3,
}
"""The member by which a message is known, and how it goes back."""


def redrive(account: Account, url: str, phase: Phase) -> tuple[Counter[str], Counter[str]]:
    """Move every message back; return how many went where, and how many stay for which reason."""
    moved: Counter[str] = Counter()
    stay: Counter[str] = Counter()
    hidden: set[str] = set()
    sqs, began = account["sqs"], time.time() * 1000
    try:
        for message in messages(sqs, url):
            handle = message["ReceiptHandle"]
            hidden.add(handle)
            if int(message["Attributes"]["SentTimestamp"]) > began:
                continue
            try:
                where = move(account, message)
            except StaysError as reason:
                stay[str(reason)] += 1
            else:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
                hidden.remove(handle)
                moved[where] += 1
            phase.note = f"{moved.total():,} moved" + (f", {stay.total():,} stay" if stay else "")
    finally:
        for handle in hidden:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return moved, stay


def main(arguments: list[str]) -> int:
    """Move a queue's messages; return 1 when some stay."""
    parser = argparse.ArgumentParser(
        prog="python -m local.redrive", description="Move a dead-letter queue's messages back."
    )
    parser.add_argument(
        "queue", help="its logical id, such as FailureQueue, an output that has it, or its URL"
    )
    parser.add_argument("--outputs", type=Path, default=reach.OUTPUTS, help="the stack's outputs")
    options = parser.parse_args(arguments)
    try:
        account = Account(reach.read(options.outputs))
        url = queue_url(account, options.queue)
        with Progress(Console(stderr=True, highlight=False)) as progress, progress.phase("redrive") as phase:
            moved, stay = redrive(account, url, phase)
    except (LocalError, ClientError, BotoCoreError) as error:
        print(f"redrive: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("redrive: stopped; what was not moved is in the queue.", file=sys.stderr)
        return 130
    for where, count in moved.items():
        print(f"{count:>7,}  back to {where}")
    for reason, count in stay.items():
        print(f"{count:>7,}  stay: {reason}")
    if not moved and not stay:
        print("      0  messages: the queue is empty")
    return 1 if stay else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
