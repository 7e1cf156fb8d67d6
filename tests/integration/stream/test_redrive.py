"""What Lambda gave up goes back into the stream by `make redrive`, and is counted then."""

from __future__ import annotations

import base64
import json
import secrets

from tests.integration.test_redrive import redrive
from tests.posts import eventually, now, post, put, rejections
from tests.stack import Stack, StreamApi


def test_posts_that_were_given_up_are_counted_after_a_redrive(stream: Stack, trends: StreamApi) -> None:
    mark, moment = f"given_up_{secrets.token_hex(6)}", now()
    posts = [post(f"#{mark}", created_at=moment) for _ in range(3)]
    arn = stream.client("kinesis").describe_stream_summary(StreamName=stream["PostStreamName"])
    document = {
        "requestContext": {"condition": "RetryAttemptsExhausted"},
        "KinesisBatchInfo": {"streamArn": arn["StreamDescriptionSummary"]["StreamARN"]},
        "payload": json.dumps(
            {
                "Records": [
                    {"kinesis": {"partitionKey": mark, "data": base64.b64encode(one).decode()}}
                    for one in (*posts, posts[0])
                ]
            }
        ),
    }
    stream.client("s3").put_object(
        Bucket=stream["FailureBucket"], Key=f"aws/lambda/{mark}.json", Body=json.dumps(document).encode()
    )

    done = redrive("FailureQueue")
    eventually(lambda: trends.history(mark, until=now()[:19] + "Z").json()["items"] != [])

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"back to {stream['PostStreamName']}" in done.stdout
    assert [item["count"] for item in trends.history(mark, until=now()[:19] + "Z").json()["items"]] == [3]


def test_what_is_no_post_comes_back_to_the_queue_and_does_not_go_round(stream: Stack) -> None:
    mark = b"\xff" + secrets.token_bytes(12)
    put(stream, mark)
    eventually(lambda: mark in rejections(stream))
    eventually(lambda: "back to" in redrive("FailureQueue").stdout)

    again = redrive("FailureQueue")

    assert again.returncode == 0, again.stdout + again.stderr
    assert rejections(stream)[mark] == "NOT_UTF8"
