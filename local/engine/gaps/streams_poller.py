"""Event source mappings of Kinesis streams and DynamoDB Streams keep their promises.

The stock engine polls all mappings on one thread and ignores bisecting, retry limits, age limits of Kinesis,
partial batch responses, parallelization, tumbling windows, AT_TIMESTAMP and most of what AWS refuses; it
takes the failed records of a partly failed batch for done.

After https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html; each module of `local.engine.streams` names the
page of its part. Mappings of SQS queues stay the engine's, and no longer wait for a stream's function.
"""

from __future__ import annotations

import functools

from ministack.core.concurrency import esm_wake
from ministack.services import lambda_svc

from local.engine.streams.api import open_door
from local.engine.streams.functions import name_invocations
from local.engine.streams.poller import Poller


def _nothing_to_poll() -> bool:
    """Tell the engine's poll loop that it found no work."""
    return False


def fill() -> None:
    """Take the streams' mappings from the engine's poll loop, and give them to a poller of their own."""
    poller = Poller()
    name_invocations()
    open_door(poller)
    # Deleted first: this must fail if they are gone, for then the engine polls these mappings elsewhere.
    del lambda_svc._poll_kinesis, lambda_svc._poll_dynamodb_streams
    lambda_svc._poll_kinesis = lambda_svc._poll_dynamodb_streams = _nothing_to_poll

    start_engines_own, written = lambda_svc._ensure_poller, esm_wake.set

    @functools.wraps(start_engines_own)
    def start_both() -> None:
        start_engines_own()
        poller.start()

    def wake_both() -> None:
        written()
        poller.wake()

    lambda_svc._ensure_poller = start_both
    esm_wake.set = wake_both
