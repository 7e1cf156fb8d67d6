"""Moving a dead-letter queue's messages back to where they came from.

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

SQS's own StartMessageMoveTask does the last kind alone: docs/decisions/0054-redrive-is-ours.md.
"""

from __future__ import annotations

import base64
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote_plus

from shared.aws import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HIDDEN_SECONDS = 300
"""How long a message is hidden from others while this looks at it."""
CALL_RECORDS, CALL_BYTES = 500, 5 * 1024 * 1024
TRIES = 8


class StaysError(Exception):
    """A message cannot be moved; it says why in a few words."""


class Clients(Protocol):
    """The clients of an account's services, by the names that boto3 has for them."""

    def __getitem__(self, service: str, /) -> Any:
        """Return the client of a service."""


@dataclass
class Round:
    """What became of the messages that were looked at.

    Attributes
    ----------
    moved
        How many went where.
    stay
        How many stay for which reason.
    whole
        Whether all messages that were there were looked at.
    """

    moved: Counter[str] = field(default_factory=Counter)
    stay: Counter[str] = field(default_factory=Counter)
    whole: bool = True


def move_all(
    clients: Clients,
    url: str,
    *,
    sent_before: float,
    until: float = float("inf"),
    tell: Callable[[Round], None] = lambda _: None,
) -> Round:
    """Move a queue's messages back.

    Parameters
    ----------
    clients
        Those of the account that holds the queue.
    url
        The queue's.
    sent_before
        Messages that came later stay untouched: a time in seconds since 1970.
    until
        When to begin with no further message: a time of `time.monotonic`, in seconds.
    tell
        Is told after each message how far it is.
    """
    done, hidden, sqs = Round(), set[str](), clients["sqs"]
    try:
        for message in messages(sqs, url):
            handle = message["ReceiptHandle"]
            hidden.add(handle)
            if int(message["Attributes"]["SentTimestamp"]) > sent_before * 1000:
                continue
            if time.monotonic() > until:
                done.whole = False
                break
            try:
                where = move(clients, message)
            except StaysError as reason:
                done.stay[str(reason)] += 1
            except ServiceError as refusal:
                done.stay[f"{refusal.operation_name} answers {refusal.response['Error']['Code']}"] += 1
            else:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
                hidden.remove(handle)
                done.moved[where] += 1
            tell(done)
    finally:
        for handle in hidden:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return done


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


def move(clients: Clients, message: dict[str, Any]) -> str:
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
                return way(clients, body)
    given = message.get("MessageAttributes", {}).get("TARGET_ARN", {}).get("StringValue", "")
    if ":sqs:" in given:  # EventBridge's rules and schedules say so
        return _into_queue(clients, {**message, "MessageAttributes": {}}, given)
    source = message.get("Attributes", {}).get("DeadLetterQueueSourceArn")
    if source is None:
        raise StaysError("it does not say where it came from")
    return _into_queue(clients, message, source)


def _into_queue(clients: Clients, message: dict[str, Any], source: str) -> str:
    name = source.rpartition(":")[2]
    sqs = clients["sqs"]
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


def _told_by_s3(clients: Clients, body: dict[str, Any]) -> str:
    """Put the records of what was given up into their stream again."""
    where = set()
    for told in body["Records"]:
        bucket, key = told["s3"]["bucket"]["name"], unquote_plus(told["s3"]["object"]["key"])
        try:
            document = json.loads(clients["s3"].get_object(Bucket=bucket, Key=key)["Body"].read())
            records = json.loads(document["payload"])["Records"]
            name = document["KinesisBatchInfo"]["streamArn"].rpartition("/")[2]
        except clients["s3"].exceptions.NoSuchKey:
            raise StaysError(f"{key} is no longer in {bucket}") from None
        except (ValueError, KeyError, TypeError):
            raise StaysError(f"{key} is not what a consumer gave up") from None
        _into_stream(clients, name, [record["kinesis"] for record in records])
        where.add(name)
    return ", ".join(sorted(where))


def _into_stream(clients: Clients, name: str, records: list[dict[str, Any]]) -> None:
    waiting = [
        {"Data": base64.b64decode(record["data"]), "PartitionKey": record["partitionKey"]}
        for record in records
    ]
    for attempt in range(TRIES):
        refused: list[dict[str, Any]] = []
        for call in _calls(waiting):
            answers = clients["kinesis"].put_records(StreamName=name, Records=call)["Records"]
            refused += [one for one, answer in zip(call, answers, strict=True) if answer.get("ErrorCode")]
        waiting = refused
        if not waiting:
            return
        # Who can wait says how; a function does not, and its caller comes again.
        if pause := getattr(clients, "pause", None):
            pause(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - it spreads the tries
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


def _batch_of_a_table(clients: Clients, body: dict[str, Any]) -> str:
    """Read the records of a batch from the table's stream once more, and call the function with them."""
    batch = body["DDBStreamBatchInfo"]
    source, streams = batch["streamArn"], clients["dynamodbstreams"]
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
    return _call(clients, body["requestContext"]["functionArn"], event)


def _as_lambda_has_it(value: Any) -> Any:
    """Write what boto3 made of a record as it is in a function's event: seconds, and bytes in base64."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()


def _event(clients: Clients, body: dict[str, Any]) -> str:
    """Call the function with the event that it failed on."""
    return _call(clients, body["requestContext"]["functionArn"], json.dumps(body["requestPayload"]))


def _call(clients: Clients, function: str, event: str) -> str:
    name = function.split(":")[6]  # what may follow is a version or an alias
    answer = clients["lambda"].invoke(FunctionName=function.removesuffix(":$LATEST"), Payload=event.encode())
    said = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer or (isinstance(said, dict) and said.get("batchItemFailures")):
        raise StaysError(f"{name} failed again; its log tells why")
    return name


def _saga(clients: Clients, body: dict[str, Any]) -> str:
    """Run a state machine again, with the input of the execution that could not be finished."""
    *front, _, machine, name = body["execution"].split(":")
    answer = clients["stepfunctions"].start_execution(
        stateMachineArn=":".join([*front, "stateMachine", machine]),
        name=f"{name[:60]}-again-{int(time.time())}",
        input=json.dumps(body["input"]),
    )
    return f"{machine}, as {answer['executionArn'].rpartition(':')[2]}"


WAYS: dict[str, Callable[[Clients, dict[str, Any]], str]] = {
    "DDBStreamBatchInfo": _batch_of_a_table,
    "requestPayload": _event,
    "unfinished": _saga,
    "Records": _told_by_s3,
}
"""The member by which a message is known, and how it goes back."""
