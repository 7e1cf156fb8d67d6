"""Staff see the dead-letter queues and move what they hold back; nobody else does."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.stack import ORDER, SECONDS, Api, Member, OrdersApi, Stack, held
from tests.web import Viewer

DONE_WITHIN = 60


@pytest.fixture(scope="module")
def colleague(stack: Stack) -> Iterator[Member]:
    """Somebody of the staff."""
    person = stack.enrol("staff")
    yield person
    person.leave()


@pytest.fixture(scope="module")
def operations(stack: Stack, colleague: Member) -> Api:
    """The operations API as staff."""
    return Api(stack["OperationsApiUrl"], colleague.token)


@pytest.fixture
def emptied(stack: Stack) -> Iterator[Callable[[str, str], str]]:
    """Empty a dead-letter queue before the test and after it; return its URL."""
    sqs, urls = stack.client("sqs"), []

    def empty(service: str, name: str) -> str:
        urls.append(stack.physical_id(service, name))
        sqs.purge_queue(QueueUrl=urls[-1])
        return urls[-1]

    yield empty
    for url in urls:
        sqs.purge_queue(QueueUrl=url)


@pytest.fixture
def nobody_uploads() -> Iterator[None]:
    """No image is uploaded meanwhile, to a queue that is not as it should be."""
    with held("uploads"):
        yield


def queue(operations: Api, name: str) -> dict[str, Any]:
    """Return a queue as the list has it."""
    answer = operations.send("GET", "/queues")
    answer.raise_for_status()
    return next(row for row in answer.json()["items"] if row["name"] == name)


def redriven(operations: Api, name: str) -> dict[str, Any]:
    """Redrive a queue, and return the redrive when it has ended."""
    begun = operations.send("POST", f"/queues/{name}/redrive")
    assert begun.status_code == 202, begun.text
    assert begun.headers["Location"] == "redrive"
    deadline = time.monotonic() + DONE_WITHIN
    while (answer := operations.send("GET", f"/queues/{name}/redrive")).headers.get("Retry-After"):
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    told: dict[str, Any] = answer.json()
    assert told["redrive_id"] == begun.json()["redrive_id"]
    return told


def last_record(stack: Stack, table: str) -> tuple[str, str, str]:
    """Return a stream, one of its shards and the number of the shard's first record."""
    streams, source = stack.client("dynamodbstreams"), ""
    source = stack.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    for shard in streams.describe_stream(StreamArn=source)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=source, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator, Limit=1)["Records"]
        if records:
            return source, shard["ShardId"], records[0]["dynamodb"]["SequenceNumber"]
    raise AssertionError(f"{table}: its stream has no record")


class TestWhoMay:
    """Staff, and nobody else."""

    PLACES = (
        ("GET", "/queues"),
        ("GET", "/queues/DeadEndQueue/redrive"),
        ("POST", "/queues/DeadEndQueue/redrive"),
    )

    @pytest.mark.parametrize(("method", "path"), PLACES)
    def test_a_member_is_refused(self, stack: Stack, member: Member, method: str, path: str) -> None:
        answer = Api(stack["OperationsApiUrl"], member.token).send(method, path)

        assert answer.status_code == 403
        assert answer.json()["detail"] == "Only staff operate the application."

    @pytest.mark.parametrize(("method", "path"), PLACES)
    def test_without_a_good_token_nobody_gets_in(
        self, stack: Stack, colleague: Member, method: str, path: str
    ) -> None:
        tampered = colleague.token[:-6] + ("AAAAAA" if not colleague.token.endswith("AAAAAA") else "BBBBBB")

        for token in (None, "x.y.z", tampered, colleague.tokens["IdToken"]):
            assert Api(stack["OperationsApiUrl"], token).send(method, path).status_code in {401, 403}

    def test_a_queue_that_is_none_is_404(self, operations: Api) -> None:
        for method in ("GET", "POST"):
            answer = operations.send(method, "/queues/UploadsQueue/redrive")
            assert (answer.status_code, answer.json()["detail"]) == (
                404,
                "There is no such dead-letter queue.",
            )


class TestRedrive:
    """Each kind of message goes back where it came from."""

    def test_a_batch_that_was_given_up_is_handled_again_and_what_is_gone_stays(
        self, stack: Stack, operations: Api, member: Member, emptied: Callable[[str, str], str]
    ) -> None:
        url = emptied("orders", "UnstartedQueue")
        OrdersApi(stack["OrdersApiUrl"], member.token).create(ORDER).raise_for_status()
        name = stack.physical_id("orders", "StartSaga")
        function = stack.client("lambda").get_alias(FunctionName=name, Name="live")["AliasArn"]
        source, shard, number = last_record(stack, stack.physical_id("orders", "OrdersTable"))
        batch = {
            "requestContext": {"functionArn": function, "condition": "RetryAttemptsExhausted"},
            "DDBStreamBatchInfo": {
                "streamArn": source,
                "shardId": shard,
                "startSequenceNumber": number,
                "endSequenceNumber": number,
            },
        }
        for body in (batch, {"what": "is this"}):
            stack.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))

        before = queue(operations, "UnstartedQueue")
        told = redriven(operations, "UnstartedQueue")
        after = queue(operations, "UnstartedQueue")

        assert (before["depth"], after["depth"]) == (2, 1)
        assert before["oldest_seconds"] >= 0
        assert (told["status"], told["moved"], told["stay"]) == ("DONE", 1, 1)
        assert told["reasons"] == ["it does not say where it came from"]
        assert after["redrive"] == told

    def test_a_saga_that_was_left_to_people_runs_again(
        self, stack: Stack, operations: Api, emptied: Callable[[str, str], str]
    ) -> None:
        url = emptied("orders", "DeadEndQueue")
        name = secrets.token_hex(8)
        machine = stack["OrderSagaArn"]
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        left = {"unfinished": "x", "execution": execution, "input": {}}
        stack.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(left))

        told = redriven(operations, "DeadEndQueue")

        assert told["moved"] == 1
        assert f"{name}-again-" in told["destinations"][0]

    @pytest.mark.usefixtures("nobody_uploads")
    def test_what_a_queue_gave_up_goes_back_into_it(
        self, stack: Stack, operations: Api, emptied: Callable[[str, str], str]
    ) -> None:
        dead = emptied("mobile", "UncheckedQueue")
        sqs, uploads = stack.client("sqs"), stack.physical_id("mobile", "UploadsQueue")
        # Five tries take as many times 150 s, so one is made of it: the queue is as it was afterwards.
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        kept = {"VisibilityTimeout": "150", "RedrivePolicy": policy(arn, 5)}
        sqs.set_queue_attributes(
            QueueUrl=uploads, Attributes={"VisibilityTimeout": "0", "RedrivePolicy": policy(arn, 1)}
        )
        try:
            sqs.send_message(QueueUrl=uploads, MessageBody="this is no upload")
            until(lambda: queue(operations, "UncheckedQueue")["depth"] == 1)
        finally:
            sqs.set_queue_attributes(QueueUrl=uploads, Attributes=kept)

        told = redriven(operations, "UncheckedQueue")

        assert told["moved"] == 1
        assert told["destinations"] == [uploads.rpartition("/")[2]]
        sqs.purge_queue(QueueUrl=uploads)

    def test_posts_that_were_given_up_go_into_their_stream_again(self, stack: Stack, operations: Api) -> None:
        if not stack.has("stream"):
            pytest.skip("the stream service is left out of this stack: it is there with StreamService=true")
        arn = stack.client("kinesis").describe_stream_summary(StreamName=stack["PostStreamName"])
        data = base64.b64encode(b"no post, so it is told as rejected").decode()
        document = {
            "KinesisBatchInfo": {"streamArn": arn["StreamDescriptionSummary"]["StreamARN"]},
            "payload": json.dumps({"Records": [{"kinesis": {"partitionKey": "x", "data": data}}]}),
        }
        stack.client("s3").put_object(
            Bucket=stack["FailureBucket"], Key=f"aws/{secrets.token_hex(8)}.json", Body=json.dumps(document)
        )
        until(lambda: queue(operations, "FailureQueue")["depth"] > 0)

        told = redriven(operations, "FailureQueue")

        assert told["moved"] > 0
        assert stack["PostStreamName"] in told["destinations"]

    def test_two_who_ask_at_once_get_the_same_redrive(self, operations: Api) -> None:
        with held("unindexed"):
            first, second = (
                operations.send("POST", "/queues/UnindexedQueue/redrive").json() for _ in range(2)
            )
            third = redriven(operations, "UnindexedQueue")

        # Where the first had ended in between, the second is one of its own.
        assert first["redrive_id"] == second["redrive_id"] or second["started_at"] > first["started_at"]
        assert third.get("moved", 0) == 0


def test_it_is_on_the_apps_domain_too(stack: Stack, colleague: Member) -> None:
    answer = Viewer(stack, colleague.token).get("/api/operations/queues")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert Viewer(stack).get("/api/operations/queues").status_code == 401


def policy(arn: str, tries: int) -> str:
    """Return the redrive policy of a queue."""
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": tries})


def until(holds: Any) -> None:
    """Wait for something that follows from what was done."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_api_is_not_open_to_other_methods(stack: Stack) -> None:
    assert requests.delete(f"{stack['OperationsApiUrl']}/queues", timeout=SECONDS).status_code == 404
