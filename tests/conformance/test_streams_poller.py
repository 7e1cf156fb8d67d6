"""Event source mappings of streams: batches, retries, order and what becomes of records that fail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.conformance.functions import make_function, make_role
from tests.conformance.streams import MAY, Streams, allow, make_streams, refusal


@pytest.fixture(scope="module")
def on_engine(client: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Streams:
    return make_streams(client, tmp_path_factory.mktemp("streams"), patience=60.0)


@pytest.fixture(scope="module", autouse=True)
def aging(on_engine: Streams) -> tuple[str, float]:
    """A stream whose record grows old while the other tests run, and when it was put: it takes a minute."""
    stream = on_engine.make_stream()
    on_engine.put_data(stream, [("k", b'{"n": "old"}')])
    return stream, time.monotonic()


@pytest.fixture
def streams(on_engine: Streams, stock: bool) -> Streams:
    """The function on this engine; the stock one is not waited for as long."""
    return replace(on_engine, patience=1.0) if stock else on_engine


def test_bisecting_finds_the_bad_record_and_tells_the_queue_which_it_is(streams: Streams) -> None:
    stream = streams.make_stream()
    queue, queue_arn = streams.make_queue()
    sequences = streams.put(stream, "", "", "raise", "", "")

    mapping = streams.map(
        stream,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue_arn}},
    )
    lost = streams.lost(queue)
    streams.wait(lambda: 4 in streams.batches(stream)[-1])

    assert streams.batches(stream) == [[0, 1, 2, 3, 4], [0, 1], [2, 3, 4], [2], [3, 4]]
    failed = streams.calls(stream)[3]
    assert lost["requestContext"] == {
        "requestId": failed["request"],
        "functionArn": mapping["FunctionArn"],
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 3,
    }
    assert lost["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    info = lost["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == (sequences[2], sequences[2])
    assert (info["shardId"], info["batchSize"], info["streamArn"]) == ("shardId-000000000000", 1, stream)


def test_a_batch_is_retried_as_often_as_asked_and_then_the_shard_goes_on(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.put(stream, "raise", "", "")

    streams.map(stream, BatchSize=2, MaximumRetryAttempts=2)
    streams.wait(lambda: 2 in streams.numbers(stream))

    assert streams.batches(stream) == [[0, 1], [0, 1], [0, 1], [2]]


def test_retries_begin_at_the_lowest_record_that_was_reported(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.put(stream, "", "", "report once", "", "report once")

    streams.map(stream, FunctionResponseTypes=["ReportBatchItemFailures"])
    streams.wait(lambda: len(streams.calls(stream)) == 2)
    streams.settle()

    assert streams.batches(stream) == [[0, 1, 2, 3, 4], [2, 3, 4]]


def test_an_empty_identifier_fails_the_whole_batch(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.put(stream, "", 'report ""', "")

    streams.map(stream, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    streams.wait(lambda: len(streams.calls(stream)) == 2)
    streams.settle()

    assert streams.batches(stream) == [[0, 1, 2], [0, 1, 2]]


def test_without_report_batch_item_failures_a_report_is_a_success_and_the_result_is_told(
    streams: Streams,
) -> None:
    stream = streams.make_stream()
    streams.put(stream, "report", "")

    mapping = streams.map(stream)
    streams.wait(lambda: streams.calls(stream))
    streams.settle()

    found = streams.client("lambda").get_event_source_mapping(UUID=mapping["UUID"])
    assert streams.batches(stream) == [[0, 1]]
    assert (found["State"], found["LastProcessingResult"]) == ("Enabled", "OK")


def test_a_slow_shard_holds_up_no_other(streams: Streams) -> None:
    stream = streams.make_stream(shards=2)
    slow, quick = b'{"do": "hold", "n": "slow"}', b'{"n": "quick"}'
    # By their MD5, "a" belongs to the one shard and the others to the other.
    streams.put_data(stream, [("a", slow), ("b", quick), ("d", quick), ("e", quick), ("f", quick)])

    with streams.held():
        streams.map(stream, BatchSize=1)
        streams.wait(lambda: len(streams.calls(stream)) == 5)
        while_held = streams.calls(stream)

    assert sorted(record["n"] for call in while_held for record in call["records"]) == ["quick"] * 4 + [
        "slow"
    ]
    assert len({record["event"].split(":")[0] for call in while_held for record in call["records"]}) == 2


def test_a_queue_does_not_wait_for_the_function_of_a_stream(streams: Streams, stock: bool) -> None:
    stream, (queue, queue_arn) = streams.make_stream(), streams.make_queue()
    echo = make_function(streams.client, "def handler(event, context):\n    return 0\n", Role=_role(streams))
    streams.client("lambda").create_event_source_mapping(EventSourceArn=queue_arn, FunctionName=echo)
    streams.put(stream, "hold")

    with streams.held():
        streams.map(stream)
        replace(streams, patience=5.0 if stock else 60.0).wait(lambda: streams.calls(stream))
        streams.client("sqs").send_message(QueueUrl=queue, MessageBody="quick")
        drained = streams.wait(lambda: not _waiting(streams, queue))

    assert drained


def _role(streams: Streams) -> str:
    role = make_role(streams.client)
    allow(streams.client, role, MAY)
    return role


def _waiting(streams: Streams, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = streams.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(each) for each in found.values())


def test_parallelization_works_on_keys_side_by_side_and_keeps_each_in_order(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.put_data(
        stream,
        [
            ("red", b'{"do": "raise once", "n": "r1"}'),
            ("red", b'{"n": "r2"}'),
            ("green", b'{"do": "sleep", "n": "g1"}'),
            ("green", b'{"n": "g2"}'),
            ("white", b'{"n": "w1"}'),
            ("white", b'{"n": "w2"}'),
        ],
    )

    streams.map(stream, ParallelizationFactor=10, BatchSize=1)
    streams.wait(lambda: len(streams.calls(stream)) == 7)

    numbers = streams.numbers(stream)
    assert [n for n in numbers if n[0] == "r"] == ["r1", "r1", "r2"]
    assert [n for n in numbers if n[0] == "g"] == ["g1", "g2"]
    assert [n for n in numbers if n[0] == "w"] == ["w1", "w2"]
    assert numbers[-1] == "g2", "the slow key held up others"


def test_a_batching_window_gathers_records_until_it_ends(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.map(stream, MaximumBatchingWindowInSeconds=1, StartingPosition="LATEST")

    for n in range(3):
        streams.put_data(stream, [("k", json.dumps({"n": n}).encode())])
        time.sleep(0.15)
    streams.wait(lambda: streams.calls(stream))

    assert streams.batches(stream) == [[0, 1, 2]]


def test_a_batch_is_at_most_six_megabytes(streams: Streams) -> None:
    stream = streams.make_stream()
    for _ in range(2):
        streams.put_data(stream, [("k", bytes(b"x" * 1_000_000))] * 4)

    streams.map(stream)
    streams.wait(lambda: len(streams.numbers(stream)) == 8)

    sizes = [call["bytes"] for call in streams.calls(stream)]
    assert [len(batch) for batch in streams.batches(stream)] == [4, 4]
    assert max(sizes) <= 6 * 1024 * 1024


def test_a_mapping_begins_at_a_time(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.put_data(stream, [("k", b'{"n": "before"}')])
    time.sleep(0.05)
    moment = time.time()
    streams.put_data(stream, [("k", b'{"n": "after"}')])

    streams.map(stream, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=moment)
    streams.wait(lambda: streams.calls(stream))

    assert streams.numbers(stream) == ["after"]


def test_filters_know_every_operator_and_text(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.put_data(
        stream,
        [
            ("k", b'{"n": 1, "city": "OSLO", "day": "Friday", "state": "initialized"}'),
            ("k", b'{"n": 2, "city": "Rome", "day": "Monday", "state": "running"}'),
            ("k", b'{"n": 3, "city": "Oslo", "day": "Monday", "state": "running"}'),
            ("k", b"wanted text"),
            ("k", b"other text"),
        ],
    )
    either = {
        "$or": [{"city": [{"equals-ignore-case": "oslo"}]}, {"day": ["Tuesday"]}],
        "state": [{"anything-but": {"prefix": "init"}}],
    }
    patterns = [{"data": either}, {"data": [{"prefix": "wanted"}]}]

    streams.map(stream, FilterCriteria={"Filters": [{"Pattern": json.dumps(each)} for each in patterns]})
    streams.wait(lambda: streams.calls(stream))

    assert streams.numbers(stream) == [3, "wanted text"]


def test_a_tumbling_window_carries_its_state_and_ends_with_a_last_call(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.put(stream, "", "", "", "", "")

    streams.map(stream, TumblingWindowInSeconds=1, BatchSize=2)
    streams.wait(lambda: any(call.get("isFinalInvokeForWindow") for call in streams.calls(stream)))

    calls = streams.calls(stream)
    assert [call.get("state") for call in calls] == [{}, {"count": 2}, {"count": 4}, {"count": 5}]
    assert [call["isFinalInvokeForWindow"] for call in calls] == [False, False, False, True]
    assert len({json.dumps(call["window"]) for call in calls}) == 1
    assert calls[-1]["records"] == []
    assert calls[-1]["shardId"] == "shardId-000000000000"


def test_a_disabled_mapping_ends_what_it_does_and_later_goes_on_from_there(streams: Streams) -> None:
    stream, functions = streams.make_stream(), streams.client("lambda")
    mapping = streams.map(stream, BatchSize=1)["UUID"]
    streams.put(stream, "sleep", "", "")
    streams.wait(lambda: streams.calls(stream))

    disabling = functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    streams.wait(lambda: functions.get_event_source_mapping(UUID=mapping)["State"] == "Disabled")
    streams.settle()
    while_disabled = streams.numbers(stream)
    enabling = functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    streams.wait(lambda: len(streams.calls(stream)) == 3)

    assert (disabling["State"], enabling["State"]) == ("Disabling", "Enabling")
    assert while_disabled == [0]
    assert streams.numbers(stream) == [0, 1, 2]


def test_an_update_changes_how_a_failing_batch_goes_on(streams: Streams) -> None:
    stream = streams.make_stream()
    mapping = streams.map(stream)["UUID"]
    streams.put(stream, "raise", "")
    streams.wait(lambda: len(streams.calls(stream)) >= 2)

    streams.client("lambda").update_event_source_mapping(
        UUID=mapping, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0
    )
    streams.wait(lambda: [1] in streams.batches(stream))

    assert streams.batches(stream)[-1] == [1]


def test_the_defaults_of_a_stream_are_reported(streams: Streams) -> None:
    made = streams.map(streams.make_stream(), Enabled=False)

    assert made["State"] == "Creating"
    assert {
        name: made.get(name) for name in ("BatchSize", "ParallelizationFactor", "MaximumRetryAttempts")
    } == {
        "BatchSize": 100,
        "ParallelizationFactor": 1,
        "MaximumRetryAttempts": -1,
    }
    assert (made["MaximumRecordAgeInSeconds"], made["TumblingWindowInSeconds"]) == (-1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"MaximumRecordAgeInSeconds": 30},
        {"BatchSize": 10_001},
        {"StartingPosition": "AT_TIMESTAMP"},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"data": "text"}'}]}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_lambda_refuses_is_refused(streams: Streams, wrong: dict[str, Any]) -> None:
    stream = streams.make_stream()

    code, message = refusal(lambda: streams.map(stream, **wrong))

    assert code == "InvalidParameterValueException"
    assert message


def test_a_function_has_one_mapping_of_a_stream(streams: Streams) -> None:
    stream = streams.make_stream()
    streams.map(stream, Enabled=False)

    assert refusal(lambda: streams.map(stream))[0] == "ResourceConflictException"


def test_a_role_that_may_not_read_the_stream_is_refused(streams: Streams) -> None:
    stream = streams.make_stream()
    stranger = make_function(streams.client, "def handler(event, context):\n    return 0\n")

    code, message = refusal(lambda: streams.map(stream, FunctionName=stranger))

    assert code == "InvalidParameterValueException"
    assert message.startswith(
        f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords"
    )


def test_a_role_that_may_not_write_to_the_destination_is_refused(streams: Streams) -> None:
    stream, (_, queue_arn), role = streams.make_stream(), streams.make_queue(), make_role(streams.client)
    allow(streams.client, role, [action for action in MAY if not action.startswith("sqs:")])
    reader = make_function(streams.client, "def handler(event, context):\n    return 0\n", Role=role)
    destination = {"OnFailure": {"Destination": queue_arn}}

    code, message = refusal(lambda: streams.map(stream, FunctionName=reader, DestinationConfig=destination))

    assert code == "InvalidParameterValueException"
    assert message == "The provided execution role does not have permissions to call SendMessage on SQS"


def test_a_bucket_gets_the_records_themselves(streams: Streams) -> None:
    stream, bucket = streams.make_stream(), f"lost-{time.time_ns()}"
    streams.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    # As many buckets' policies do: Lambda comes by TLS, when it asks what the role may do too.
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    streams.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    )
    (sequence,) = streams.put(stream, "raise")

    mapping = streams.map(
        stream,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    objects = streams.wait(lambda: streams.client("s3").list_objects_v2(Bucket=bucket).get("Contents"))

    assert objects
    assert objects[0]["Key"].startswith(f"aws/lambda/{mapping['UUID']}/shardId-000000000000/")
    kept = json.loads(streams.client("s3").get_object(Bucket=bucket, Key=objects[0]["Key"])["Body"].read())
    payload = json.loads(kept["payload"])
    assert [record["kinesis"]["sequenceNumber"] for record in payload["Records"]] == [sequence]
    assert kept["KinesisBatchInfo"]["batchSize"] == 1


def test_a_change_of_an_item_that_cannot_be_processed_goes_to_a_topic(streams: Streams) -> None:
    (table, stream), (queue, queue_arn) = streams.make_table(), streams.make_queue()
    topic = streams.client("sns").create_topic(Name=f"topic-{time.time_ns()}")["TopicArn"]
    streams.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    for n, do in enumerate(["", "raise", ""]):
        item = {"id": {"S": f"item-{n}"}, "do": {"S": do}, "n": {"S": str(n)}}
        streams.client("dynamodb").put_item(TableName=table, Item=item)

    streams.map(
        stream,
        BatchSize=1,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": topic}},
    )
    notice = streams.lost(queue)
    streams.wait(lambda: "2" in streams.numbers(stream))

    assert streams.batches(stream) == [["0"], ["1"], ["1"], ["2"]]
    lost = json.loads(notice["Message"])
    assert lost["requestContext"]["approximateInvokeCount"] == 2
    assert lost["DDBStreamBatchInfo"]["streamArn"] == stream
    failed = streams.calls(stream)[1]["records"][0]["sequence"]
    assert lost["DDBStreamBatchInfo"]["startSequenceNumber"] == failed


def test_changes_of_items_are_worked_on_side_by_side_and_each_item_in_order(streams: Streams) -> None:
    table, stream = streams.make_table()
    for n, (item, do) in enumerate([("a", "sleep"), ("a", ""), ("b", ""), ("b", "")]):
        streams.client("dynamodb").put_item(
            TableName=table, Item={"id": {"S": item}, "do": {"S": do}, "n": {"S": str(n)}}
        )

    streams.map(stream, BatchSize=1, ParallelizationFactor=10)
    streams.wait(lambda: len(streams.calls(stream)) == 4)

    numbers = streams.numbers(stream)
    assert [n for n in numbers if n in "01"] == ["0", "1"]
    assert [n for n in numbers if n in "23"] == ["2", "3"]
    assert numbers[-1] == "1", "the slow item held up the other"


def test_the_stream_of_a_table_is_read_to_its_end_after_it_was_disabled(streams: Streams) -> None:
    (table, stream), tables = streams.make_table(), streams.client("dynamodb")
    mapping = streams.map(stream, Enabled=False)["UUID"]
    for n in range(3):
        tables.put_item(TableName=table, Item={"id": {"S": f"item-{n}"}, "n": {"S": str(n)}})
    tables.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})

    streams.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    streams.wait(lambda: streams.calls(stream))

    assert streams.numbers(stream) == ["0", "1", "2"]


def test_a_template_makes_and_changes_a_mapping_whole(streams: Streams) -> None:
    stream, stacks = streams.make_stream(), streams.client("cloudformation")
    name = f"stack-{time.time_ns()}"
    properties = {
        "EventSourceArn": stream,
        "FunctionName": streams.function,
        "StartingPosition": "TRIM_HORIZON",
        "TumblingWindowInSeconds": 1,
        "MaximumRetryAttempts": 3,
        "Tags": [{"Key": "team", "Value": "orders"}],
    }

    stacks.create_stack(StackName=name, TemplateBody=_template(properties))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (made,) = streams.client("lambda").list_event_source_mappings(EventSourceArn=stream)[
        "EventSourceMappings"
    ]
    stacks.update_stack(StackName=name, TemplateBody=_template({**properties, "MaximumRetryAttempts": 4}))
    stacks.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (now,) = streams.client("lambda").list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]

    assert (made["BatchSize"], made.get("TumblingWindowInSeconds"), made["MaximumRetryAttempts"]) == (
        100,
        1,
        3,
    )
    assert (now["UUID"], now["MaximumRetryAttempts"]) == (made["UUID"], 4)
    tags = streams.client("lambda").list_tags(Resource=now["EventSourceMappingArn"])["Tags"]
    assert tags.get("team") == "orders"


def test_a_record_that_is_older_than_asked_is_given_up_before_it_is_sent(
    streams: Streams, stock: bool, aging: tuple[str, float]
) -> None:
    (stream, put_at), (queue, queue_arn) = aging, streams.make_queue()
    if not stock:  # which sends it at any age
        time.sleep(max(0.0, put_at + 61 - time.monotonic()))
    streams.put_data(stream, [("k", b'{"n": "fresh"}')])

    streams.map(
        stream,
        MaximumRecordAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": queue_arn}},
    )
    streams.wait(lambda: "fresh" in streams.numbers(stream))

    assert streams.numbers(stream) == ["fresh"]
    lost = streams.lost(queue)
    assert lost["requestContext"]["condition"] == "RecordAgeExceeded"
    assert lost["KinesisBatchInfo"]["batchSize"] == 1


def _template(properties: dict[str, Any]) -> str:
    resource = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Mapping": resource}})
