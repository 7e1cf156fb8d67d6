"""Where a dead-letter queue's messages go back to, and what stays."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from rich.console import Console

from local.progress import Progress
from local.redrive import Account, redrive

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:consume"


class NoSuchKeyError(Exception):
    pass


class TrimmedError(Exception):
    pass


class World:
    """Every service of an account that a redrive calls, in memory, each answering as boto3 does."""

    class exceptions:  # noqa: N801 - boto3's
        NoSuchKey: ClassVar = NoSuchKeyError
        TrimmedDataAccessException: ClassVar = TrimmedError
        ResourceNotFoundException: ClassVar = TrimmedError

    def __init__(self) -> None:
        self.queue: dict[str, dict[str, Any]] = {}
        self.hidden: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.objects: dict[str, Any] = {}
        self.stream: list[tuple[str, bytes]] = []
        self.refuse: Callable[[], bool] = lambda: False
        self.records: list[dict[str, Any]] = []
        self.calls: list[tuple[str, Any]] = []
        self.answer: dict[str, Any] = {"Payload": b"null"}
        self.started: list[dict[str, str]] = []

    def put(self, body: Any, sent: int = 0, **attributes: str) -> None:
        """Put a message into the queue."""
        name = str(len(self.queue))
        self.queue[name] = {
            "MessageId": name,
            "ReceiptHandle": name,
            "Body": body if isinstance(body, str) else json.dumps(body),
            "Attributes": {"SentTimestamp": str(sent), **attributes},
        }

    def receive_message(self, **_: Any) -> dict[str, Any]:
        found = [message for name, message in self.queue.items() if name not in self.hidden][:10]
        self.hidden |= {message["MessageId"] for message in found}
        return {"Messages": found} if found else {}

    def delete_message(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        del self.queue[ReceiptHandle]

    def change_message_visibility(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        self.hidden.remove(ReceiptHandle)

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803
        return {"QueueUrl": f"https://{QueueName}"}

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)

    def get_object(self, **where: str) -> dict[str, Any]:
        if where["Key"] not in self.objects:
            raise NoSuchKeyError
        return {"Body": io.BytesIO(json.dumps(self.objects[where["Key"]]).encode())}

    def put_records(self, **request: Any) -> dict[str, Any]:
        answers: list[dict[str, str]] = []
        for record in request["Records"]:
            if self.refuse():
                answers.append({"ErrorCode": "ProvisionedThroughputExceededException"})
            else:
                self.stream.append((record["PartitionKey"], record["Data"]))
                answers.append({"ShardId": "1"})
        return {"Records": answers}

    def get_shard_iterator(self, SequenceNumber: str, **_: Any) -> dict[str, str]:  # noqa: N803
        if not self.records:
            raise TrimmedError
        return {"ShardIterator": SequenceNumber}

    def get_records(self, ShardIterator: str) -> dict[str, Any]:  # noqa: N803
        found = [one for one in self.records if int(one["dynamodb"]["SequenceNumber"]) >= int(ShardIterator)]
        last = str(int(found[0]["dynamodb"]["SequenceNumber"]) + 1) if found else ShardIterator
        return {"Records": found[:1], "NextShardIterator": last}

    def start_execution(self, **execution: str) -> dict[str, str]:
        self.started.append(execution)
        return {"executionArn": f"arn:aws:states:eu-west-1:123456789012:execution:Saga:{execution['name']}"}

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.calls.append((FunctionName, json.loads(Payload)))
        return {**self.answer, "Payload": io.BytesIO(self.answer["Payload"])}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr("local.reach.client", lambda *_: made)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return made


def redriven() -> tuple[dict[str, int], dict[str, int]]:
    """Redrive the queue; return what went where, and what stays why."""
    with Progress(Console(file=io.StringIO())) as progress, progress.phase("redrive") as phase:
        moved, stay = redrive(Account({}), "https://queue", phase)
    return dict(moved), dict(stay)


def given_up(*records: tuple[str, bytes]) -> dict[str, Any]:
    """Return the document of records that a consumer of the stream `posts` gave up."""
    encoded = [
        {"kinesis": {"partitionKey": key, "data": base64.b64encode(data).decode()}} for key, data in records
    ]
    return {
        "KinesisBatchInfo": {"streamArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/posts"},
        "payload": json.dumps({"Records": encoded}),
    }


def told(key: str) -> dict[str, Any]:
    """Return S3's message about an object."""
    return {"Records": [{"s3": {"bucket": {"name": "failures"}, "object": {"key": key}}}]}


def test_records_that_were_given_up_go_into_their_stream_again(world: World) -> None:
    world.objects["a b/1.json"] = given_up(("k", b"one"), ("l", b"\xff"))
    world.put(told("a+b/1.json"))

    assert redriven() == ({"posts": 1}, {})
    assert world.stream == [("k", b"one"), ("l", b"\xff")]
    assert not world.queue


def test_only_what_the_stream_refused_goes_again(world: World) -> None:
    refusals = iter([True, False, True])
    world.refuse = lambda: next(refusals, False)
    world.objects["1"] = given_up(("a", b"1"), ("b", b"2"))
    world.put(told("1"))

    assert redriven() == ({"posts": 1}, {})
    assert world.stream == [("b", b"2"), ("a", b"1")]


def test_what_the_stream_refuses_for_good_stays_to_be_moved_another_time(world: World) -> None:
    world.refuse = lambda: True
    world.objects["1"] = given_up(("a", b"1"))
    world.put(told("1"))

    assert redriven() == ({}, {"posts refused 1 records again and again": 1})
    assert not world.hidden


def test_many_records_go_in_calls_that_kinesis_takes(world: World) -> None:
    sizes: list[int] = []
    put = world.put_records

    def counting(**request: Any) -> dict[str, Any]:
        sizes.append(len(request["Records"]))
        assert sum(len(one["Data"]) + len(one["PartitionKey"]) for one in request["Records"]) <= 5 * 2**20
        return put(**request)

    world.put_records = counting  # type: ignore[method-assign]
    world.objects["1"] = given_up(*[("k", b"x")] * 501, *[("k", b"x" * 2**20)] * 6)
    world.put(told("1"))

    assert redriven() == ({"posts": 1}, {})
    assert len(world.stream) == 507
    assert sizes == [500, 5, 2]


def test_a_batch_of_a_tables_stream_is_read_again_and_its_function_called(world: World) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    world.records = [
        {
            "eventName": "INSERT",
            "dynamodb": {
                "SequenceNumber": str(number),
                "ApproximateCreationDateTime": at,
                "NewImage": {"secret": {"B": b"\xff"}},
            },
        }
        for number in range(5, 10)
    ]
    batch = {
        "streamArn": "table/stream",
        "shardId": "s",
        "startSequenceNumber": "6",
        "endSequenceNumber": "8",
    }
    world.put({"requestContext": {"functionArn": f"{FUNCTION}:$LATEST"}, "DDBStreamBatchInfo": batch})

    assert redriven() == ({"consume": 1}, {})
    ((function, event),) = world.calls
    assert function == FUNCTION
    assert [one["dynamodb"]["SequenceNumber"] for one in event["Records"]] == ["6", "7", "8"]
    first = event["Records"][0]
    assert first["eventSourceARN"] == "table/stream"
    assert first["dynamodb"]["ApproximateCreationDateTime"] == at.timestamp()
    assert first["dynamodb"]["NewImage"] == {"secret": {"B": "/w=="}}


@pytest.mark.parametrize(
    "answer",
    [
        {"Payload": b"{}", "FunctionError": "Unhandled"},
        {"Payload": b'{"batchItemFailures": [{"itemIdentifier": "6"}]}'},
    ],
)
def test_what_a_function_fails_on_again_stays(world: World, answer: dict[str, Any]) -> None:
    world.answer = answer
    world.put({"requestContext": {"functionArn": f"{FUNCTION}:live"}, "requestPayload": {"a": 1}})

    assert redriven() == ({}, {"consume failed again; its log tells why": 1})
    assert world.calls == [(f"{FUNCTION}:live", {"a": 1})]
    assert (len(world.queue), world.hidden) == (1, set())


def test_a_saga_that_was_left_to_people_is_run_again_under_another_name(world: World) -> None:
    execution = "arn:aws:states:eu-west-1:123456789012:execution:Saga:order-1"
    world.put({"unfinished": ["RefundPayment"], "execution": execution, "input": {"order_id": "order-1"}})

    ((where, count),) = redriven()[0].items()

    (started,) = world.started
    assert started["stateMachineArn"] == "arn:aws:states:eu-west-1:123456789012:stateMachine:Saga"
    assert started["name"].startswith("order-1-again-")
    assert json.loads(started["input"]) == {"order_id": "order-1"}
    assert (where, count) == (f"Saga, as {started['name']}", 1)


def test_a_queues_message_goes_back_into_that_queue(world: World) -> None:
    world.put("hello", DeadLetterQueueSourceArn="arn:aws:sqs:eu-west-1:123456789012:work")

    assert redriven() == ({"work": 1}, {})
    assert world.sent == [{"QueueUrl": "https://work", "MessageBody": "hello", "MessageAttributes": {}}]


def test_what_eventbridge_could_not_send_goes_where_it_was_to(world: World) -> None:
    world.put("hello")
    target = {"DataType": "String", "StringValue": "arn:aws:sqs:eu-west-1:123456789012:work"}
    world.queue["0"]["MessageAttributes"] = {"TARGET_ARN": target, "RETRY_ATTEMPTS": target}

    assert redriven() == ({"work": 1}, {})
    assert world.sent == [{"QueueUrl": "https://work", "MessageBody": "hello", "MessageAttributes": {}}]


def test_an_ordered_queues_message_keeps_its_group(world: World) -> None:
    world.put("hello", DeadLetterQueueSourceArn="arn:aws:sqs:eu-west-1:1:work.fifo", MessageGroupId="g")

    redriven()

    assert world.sent[0]["MessageGroupId"] == "g"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("hello", "it does not say where it came from"),
        ([], "it does not say where it came from"),
        (told("gone"), "gone is no longer in failures"),
        (told("odd"), "odd is not what a consumer gave up"),
        (
            {
                "requestContext": {"functionArn": FUNCTION},
                "DDBStreamBatchInfo": {
                    "streamArn": "s",
                    "shardId": "s",
                    "startSequenceNumber": "6",
                    "endSequenceNumber": "8",
                },
            },
            "its records are no longer in the table's stream",
        ),
    ],
)
def test_what_cannot_go_back_stays_and_says_why(world: World, body: Any, reason: str) -> None:
    world.objects["odd"] = {"payload": "x"}
    world.put(body)

    assert redriven() == ({}, {reason: 1})
    assert (len(world.queue), world.hidden) == (1, set())


def test_what_arrives_meanwhile_is_not_touched(world: World) -> None:
    world.put({"requestContext": {"functionArn": FUNCTION}, "requestPayload": {}}, sent=10**14)

    assert redriven() == ({}, {})
    assert (len(world.queue), world.hidden, world.calls) == (1, set(), [])


def test_s3s_own_trial_of_the_queue_is_thrown_away(world: World) -> None:
    world.put({"Service": "Amazon S3", "Event": "s3:TestEvent"})

    assert redriven() == ({"nowhere: S3 tried the queue": 1}, {})
    assert not world.queue
